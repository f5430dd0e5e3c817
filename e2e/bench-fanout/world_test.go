//go:build linux

package fanout

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"

	"foyer/e2e/figure"
)

// The senders are at here; the viewers' network is this machine's own until it is cut off.
const (
	here     = "10.99.0.1"
	device   = "d0"
	patience = 30 * time.Second
)

// ownNetwork is for a process with a network namespace; where one is not root, inside a user namespace.
func ownNetwork() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	return a
}

// world is the network namespace, the one camera of it, and its clock.
type world struct {
	filming sync.Mutex // held while a frame of the camera is used; before the cut several publishers share it
	camera  *camera
	kind    string // of the device
	visits  int
	clients []*webrtc.PeerConnection
	ends    []func()      // publishers that send until the cut: one that is silent for seconds loses its seats
	watched []func() bool // each tells whether all viewers of a node see its publisher
	cutAt   atomic.Int64  // Unix nanoseconds
}

func newWorld(b *testing.B) *world {
	b.Helper()
	w := &world{camera: newCamera(), kind: "ifb"}
	if exec.Command("ip", "link", "add", device, "type", "ifb").Run() != nil {
		w.kind = "dummy"
		ip(b, "link add "+device+" type dummy")
	}
	ip(b, "link set lo up")
	ip(b, "address add "+here+"/24 dev "+device)
	ip(b, "link set "+device+" up arp off")
	for net := range 3 {
		ip(b, fmt.Sprintf("route add local 10.98.%d.0/24 dev lo", net))
	}
	return w
}

func ip(b *testing.B, command string) {
	b.Helper()
	if out, err := exec.Command("ip", strings.Fields(command)...).CombinedOutput(); err != nil {
		reason := fmt.Sprintf("ip %s: %v %s", command, err, out)
		figure.Missing(reason, figures...)
		b.Fatal(reason)
	}
}

// address is the next viewer's.
func (w *world) address() string {
	w.visits++
	return fmt.Sprintf("10.98.%d.%d", w.visits/200, 1+w.visits%200)
}

// cut makes everything for the viewers go to the device that drops. Their own ends are of no use any more.
func (w *world) cut(b *testing.B) {
	b.Helper()
	eventually(b, "everybody sees the publishers", func() bool { // all at once: on a busy machine a line may look narrow for a while
		return !slices.ContainsFunc(w.watched, func(all func() bool) bool { return !all() })
	})
	for _, end := range w.ends {
		end()
	}
	w.cutAt.Store(time.Now().UnixNano())
	for net := range 3 {
		ip(b, fmt.Sprintf("route del local 10.98.%d.0/24 dev lo", net))
		ip(b, fmt.Sprintf("route add 10.98.%d.0/24 dev %s", net, device))
	}
	for _, c := range w.clients {
		_ = c.Close() // its goodbye cannot leave
	}
}

// clock is camera time: before the cut it is the wall's; after it goes on by what one side has sent, so that rates look like a
// camera's however fast frames are handed in.
func (w *world) clock(elapsed *atomic.Int64) func() time.Time {
	return func() time.Time {
		if at := w.cutAt.Load(); at != 0 {
			return time.Unix(0, at+elapsed.Load())
		}
		return time.Now()
	}
}

// frame is frame i of a run.
func (w *world) frame(i int) *frame {
	return w.camera.next(i%keyEvery == 0)
}

// dropped is how many bytes came to the device.
func (w *world) dropped(b *testing.B) int64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/net/dev")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, counters, _ := strings.Cut(line, ":")
		if fields := strings.Fields(counters); strings.TrimSpace(name) == device {
			in, _ := strconv.ParseInt(fields[0], 10, 64)
			out, _ := strconv.ParseInt(fields[8], 10, 64)
			return max(in, out) // ifb counts what it is given as received
		}
	}
	b.Fatal("the device is gone")
	return 0
}

// api is a pion that uses one UDP socket at this address for everything, and AES-128-GCM.
func api(b *testing.B, address string, interceptors bool) *webrtc.API {
	b.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(address)})
	if err != nil {
		b.Fatal(err)
	}
	m, r := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		b.Fatal(err)
	}
	if interceptors {
		if err := webrtc.RegisterDefaultInterceptors(m, r); err != nil {
			b.Fatal(err)
		}
	}
	s := webrtc.SettingEngine{}
	s.SetICEUDPMux(ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: conn}))
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICETimeouts(time.Hour, time.Hour, 2*time.Second) // nobody answers after the cut
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM)
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(r), webrtc.WithSettingEngine(s))
}

// client is the next viewer's end.
func (w *world) client(b *testing.B) *webrtc.PeerConnection {
	b.Helper()
	pc, err := api(b, w.address(), true).NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		b.Fatal(err)
	}
	w.clients = append(w.clients, pc)
	return pc
}

// connected waits until both ends of a connection are up.
func connected(b *testing.B, pcs ...*webrtc.PeerConnection) {
	b.Helper()
	eventually(b, "a viewer connects", func() bool {
		for _, pc := range pcs {
			if pc.ConnectionState() != webrtc.PeerConnectionStateConnected {
				return false
			}
		}
		return true
	})
}

func eventually(b *testing.B, what string, ok func() bool) {
	b.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("never: " + what)
		}
	}
}

// gathered sets a local description with its candidates in it.
func gathered(b *testing.B, pc *webrtc.PeerConnection, d webrtc.SessionDescription, err error) webrtc.SessionDescription {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	done := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(d); err != nil {
		b.Fatal(err)
	}
	<-done
	return *pc.LocalDescription()
}
