package socket

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// apartEnv marks a test that runs again in a process of its own, with what the machine does not have.
const apartEnv = "FOYER_TEST_APART"

// alone runs the calling test once more in a process of its own, for which prepare sets up more; true is that run.
func alone(t *testing.T, prepare func(*exec.Cmd)) bool {
	t.Helper()
	if os.Getenv(apartEnv) == t.Name() {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), apartEnv+"="+t.Name())
	prepare(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("apart: %v\n%s", err, out)
	}
	return false
}

// ownNetwork gives the process a network namespace; where one is not root, inside a user namespace.
func ownNetwork(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
}

func ip(t *testing.T, command string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(command)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v %s", command, err, out)
	}
}

func setOption(t *testing.T, s *Socket, level, option, value int) {
	t.Helper()
	var err error
	if outer := s.raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), level, option, value) }); outer != nil {
		t.Fatal(outer)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestSegmentationRefused: without checksums the kernel does not segment (EINVAL). Everything arrives all the same,
// the socket stops trying, and tries again much later.
func TestSegmentationRefused(t *testing.T) {
	for _, c := range []struct {
		address       string
		level, option int
	}{{"127.0.0.1", unix.SOL_SOCKET, unix.SO_NO_CHECK}, {"::1", unix.IPPROTO_UDP, unix.UDP_NO_CHECK6_TX}} {
		t.Run(c.address, func(t *testing.T) {
			s := sender(t, c.address, Best)
			all := people(t, s, c.address, 3)
			setOption(t, all[0].Socket, unix.IPPROTO_UDP, unix.UDP_NO_CHECK6_RX, 1)
			setOption(t, all[1].Socket, unix.IPPROTO_UDP, unix.UDP_NO_CHECK6_RX, 1)
			setOption(t, all[2].Socket, unix.IPPROTO_UDP, unix.UDP_NO_CHECK6_RX, 1)
			setOption(t, s, c.level, c.option, 1)
			b := s.NewBatch()
			round := func() {
				for _, p := range all {
					for _, n := range []int{1100, 1100, 600, 50} { // one message of three, one alone
						p.commit(b, n)
					}
				}
				b.Flush()
			}
			for range 20 {
				round()
			}
			checkAll(t, s, all)
			got := s.Stats()
			if got.Refused < patience || got.Refused > patience+2 || got.Dropped != 0 || got.Messages != got.Datagrams {
				t.Errorf("20 rounds: %+v", got)
			}
			if s.Mode() != Messages {
				t.Errorf("the socket still tries: mode %d", s.Mode())
			}
			setOption(t, s, c.level, c.option, 0)
			for range pause {
				all[0].commit(b, 6)
				b.Flush()
				all[0].check(t, s)
			}
			before := s.Stats()
			round()
			checkAll(t, s, all)
			if after := s.Stats(); s.Mode() != Best || after.Messages-before.Messages != 6 || after.Refused != before.Refused {
				t.Errorf("it was not tried again: %+v, then %+v", before, after)
			}
		})
	}
}

// TestEchoes: the kernel reports an ICMP answer with the next datagram, whoever that one is for. It is sent all the same.
func TestEchoes(t *testing.T) {
	each(t, func(t *testing.T, address string, mode Mode) {
		s := sender(t, address, mode)
		setOption(t, s, unix.IPPROTO_IP, unix.IP_RECVERR, 1)
		if s.six {
			setOption(t, s, unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
		}
		all := people(t, s, address, 2)
		gone := people(t, s, address, 1)[0]
		gone.Close()
		b := s.NewBatch()
		for range 20 {
			for _, p := range append(all, gone) {
				for range 3 {
					p.commit(b, 500)
				}
			}
			b.Flush()
		}
		checkAll(t, s, all)
		if got := s.Stats(); got.Datagrams+got.Dropped != 180 || got.Refused != 0 {
			t.Errorf("of 180 datagrams: %+v", got)
		}
	})
}

// TestNarrowPath: to one person the MTU is smaller than our datagrams. Theirs go in fragments, and the others keep
// what is good for them.
func TestNarrowPath(t *testing.T) {
	if !alone(t, ownNetwork) {
		return
	}
	ip(t, "link set lo up")
	ip(t, "link add d0 type veth peer name d1")
	ip(t, "link set d0 up arp off")
	ip(t, "link set d1 up")
	ip(t, "address add 10.99.0.1/24 dev d0")
	ip(t, "address add fd99::1/64 dev d0 nodad")
	ip(t, "route add 10.99.1.0/24 dev d0 mtu 1000")
	ip(t, "route add fd99:1::/64 dev d0 mtu 1280")
	for _, c := range []struct {
		own, wide, narrow string
		size              int
	}{{"10.99.0.1", "10.99.0.2:99", "10.99.1.2:99", 1100}, {"fd99::1", "[fd99::2]:99", "[fd99:1::2]:99", 1240}} {
		s := sender(t, c.own, Best)
		wide, narrow := s.Peer(netip.MustParseAddrPort(c.wide)), s.Peer(netip.MustParseAddrPort(c.narrow))
		b := s.NewBatch()
		const rounds = 50
		for range rounds {
			for _, p := range []*Peer{&wide, &narrow, &wide} {
				for range 4 {
					b.Slot()
					b.Commit(c.size, p)
				}
			}
			b.Flush()
		}
		if got := s.Stats(); got.Dropped != 0 || got.Datagrams != 12*rounds || got.Refused != rounds || got.Messages != 6*rounds {
			t.Errorf("%s: %+v", c.own, got)
		}
		if s.Mode() != Best {
			t.Errorf("%s: one narrow path changes the way of all: mode %d", c.own, s.Mode())
		}
	}
}

// TestNoRoom: datagrams for a neighbour that does not answer stay in the kernel's buffer until it is full. A flush
// tries again a few times and no more, and the next ones go on as before once there is room.
func TestNoRoom(t *testing.T) {
	if !alone(t, ownNetwork) {
		return
	}
	ip(t, "link add d0 type veth peer name d1")
	ip(t, "link set d0 up")
	ip(t, "link set d1 up")
	ip(t, "address add 10.99.0.1/24 dev d0")
	for _, mode := range []Mode{Best, Messages, Single} {
		s := sender(t, "10.99.0.1", mode)
		if err := s.conn.SetWriteBuffer(16 << 10); err != nil {
			t.Fatal(err)
		}
		peer := s.Peer(netip.MustParseAddrPort("10.99.0.2:99"))
		b := s.NewBatch()
		fill := func() {
			for range 400 {
				b.Slot()
				b.Commit(1100, &peer)
			}
		}
		fill()
		b.Flush()
		got := s.Stats()
		if got.Waits == 0 || got.Waits > 2 || got.Dropped == 0 || got.Dropped+got.Datagrams != 400 || mode != Single && got.Calls > 4 {
			t.Errorf("mode %d: a stuck flush: %+v", mode, got)
		}
		if calls := got.Datagrams + 4; mode == Single && got.Calls > calls {
			t.Errorf("%d calls for %d datagrams", got.Calls, got.Datagrams)
		}
		ip(t, "neighbour replace 10.99.0.2 lladdr 02:00:00:00:00:02 dev d0")
		for deadline := time.Now().Add(patient); ; {
			at := s.Stats()
			fill()
			b.Flush()
			if now := s.Stats(); now.Datagrams == at.Datagrams+400 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("mode %d: nothing goes although there is room: %+v", mode, s.Stats())
			}
		}
		s.Close()
		ip(t, "neighbour flush dev d0")
		ip(t, "neighbour del 10.99.0.2 dev d0")
	}
}

// TestWriteDoesNotWait: who writes holds locks that everybody needs. What has no room is lost.
func TestWriteDoesNotWait(t *testing.T) {
	if !alone(t, ownNetwork) {
		return
	}
	ip(t, "link add d0 type veth peer name d1")
	ip(t, "link set d0 up")
	ip(t, "link set d1 up")
	ip(t, "address add 10.99.0.1/24 dev d0")
	s := sender(t, "10.99.0.1", Best)
	if err := s.conn.SetWriteBuffer(16 << 10); err != nil {
		t.Fatal(err)
	}
	lost := make(chan int)
	go func() {
		n := 0
		for range 400 {
			if err := s.Write(make([]byte, 1100), netip.MustParseAddrPort("10.99.0.2:99")); errors.Is(err, unix.EAGAIN) {
				n++
			}
		}
		lost <- n
	}()
	select {
	case n := <-lost:
		if n == 0 {
			t.Error("there was room for everything")
		}
	case <-time.After(patient):
		t.Error("it waits")
	}
}

// TestSandbox: where sendmmsg does not exist, or a sandbox forbids it, datagrams go by sendto.
func TestSandbox(t *testing.T) {
	for name, errno := range map[string]syscall.Errno{"unknown": unix.ENOSYS, "forbidden": unix.EPERM} {
		t.Run(name, func(t *testing.T) {
			if !alone(t, func(*exec.Cmd) {}) {
				return
			}
			refuse(t, unix.SYS_SENDMMSG, errno)
			s := sender(t, "127.0.0.1", Best)
			all := people(t, s, "127.0.0.1", 3)
			b := s.NewBatch()
			for range 5 {
				for _, p := range all {
					for range 4 {
						p.commit(b, 1000)
					}
				}
				b.Flush()
			}
			checkAll(t, s, all)
			if got := s.Stats(); s.Mode() != Single || got.Datagrams != 60 || got.Dropped != 0 || got.Calls > 60+patience {
				t.Errorf("mode %d: %+v", s.Mode(), got)
			}
		})
	}
}

// refuse makes a system call fail in this process from now on.
func refuse(t *testing.T, call int, errno syscall.Errno) {
	t.Helper()
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // seccomp_data.nr
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: uint32(call)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread() // no_new_privs is a thread's; the filter then goes to all of them
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	if _, _, e := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program))); e != 0 {
		t.Fatal(e)
	}
}
