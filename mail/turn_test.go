package mail_test

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"foyer/mail"
)

func mustTurn(t *testing.T, s mail.Sender) mail.Turn {
	t.Helper()
	turn, why := s.Turn(t.Context())
	if turn == nil {
		t.Fatalf("no turn: %+v", why)
	}
	return turn
}

// One line, one turn: who holds it sends at once and as often as the pace allows; the next one waits until it is given back.
func TestTurns(t *testing.T) {
	p := start(t, &post{})
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address, Connections: 1, PerConnection: 3})
	turn := mustTurn(t, s)
	for i := range 3 {
		if got := turn.Send(t.Context(), plainLetter()); got.Outcome != mail.Delivered {
			t.Fatalf("%+v", got)
		}
		if again := turn.Again(); again != (i < 2) {
			t.Errorf("after letter %d: again is %v", i+1, again)
		}
	}
	if got := turn.Send(t.Context(), plainLetter()); got.Outcome != mail.Temporary || got.Stage != mail.Wait {
		t.Errorf("after its end: %+v", got)
	}
	held := mustTurn(t, s)
	short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if second, why := s.Turn(short); second != nil || why.Stage != mail.Wait {
		t.Errorf("two turns on one line, %+v", why)
	}
	held.GiveBack()
	held.GiveBack()
	mustTurn(t, s).GiveBack()
	if n := len(p.arrived()); n != 3 || p.connected.Load() != 2 {
		t.Errorf("%d letters over %d connections", n, p.connected.Load())
	}
}

// The pace holds for turns; what Again may not have it leaves to others.
func TestTurnsKeepThePace(t *testing.T) {
	p := start(t, &post{})
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address, Connections: 2, Rate: 0.01})
	turn := mustTurn(t, s)
	if got := turn.Send(t.Context(), plainLetter()); got.Outcome != mail.Delivered || turn.Again() {
		t.Errorf("a second turn at once, after %+v", got)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if second, _ := s.Turn(ctx); second != nil {
		t.Error("a turn ahead of the pace")
	}
}

// Trouble shows before there is a letter: nobody there, and then a rest.
func TestNoTurnWithoutAServer(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + closed.Addr().String()})
	if turn, why := s.Turn(t.Context()); turn != nil || why.Outcome != mail.Temporary || why.Stage != mail.Connect {
		t.Errorf("%+v", why)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if turn, why := s.Turn(ctx); turn != nil || why.Stage != mail.Wait {
		t.Errorf("it rests: %+v", why)
	}
}

// Cut ends a letter that a server does not answer.
func TestCut(t *testing.T) {
	p := start(t, &post{})
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address, Timeout: time.Hour})
	turn, ended := mustTurn(t, s), make(chan mail.Result)
	go func() { ended <- turn.Send(t.Context(), to(plainLetter(), "hang@attendee.example")) }()
	time.Sleep(50 * time.Millisecond) // likely it hangs by now
	s.Cut()
	if got := <-ended; got.Outcome != mail.Temporary {
		t.Errorf("%+v", got)
	}
}

// Cut ends a letter that dials a server whose packets get lost: one line stood, and the next one gets no answer.
func TestCutWhileDialling(t *testing.T) {
	listener := narrow(t)
	first := make(chan net.Conn, 1)
	go func() {
		c, err := listener.Accept()
		if err == nil {
			first <- c
			(&desk{}).serve(c)
		}
	}()
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + listener.Addr().String(), Connections: 1, Timeout: time.Hour})
	turn, ended := mustTurn(t, s), make(chan mail.Result)
	for { // until nobody gets through any more
		c, err := net.DialTimeout("tcp", listener.Addr().String(), 500*time.Millisecond)
		if err != nil {
			break
		}
		defer c.Close()
	}
	(<-first).Close()
	go func() { ended <- turn.Send(context.Background(), plainLetter()) }()
	select {
	case got := <-ended:
		t.Fatalf("it did not dial: %+v", got)
	case <-time.After(200 * time.Millisecond): // likely it dials by now
	}
	s.Cut()
	select {
	case got := <-ended:
		if got.Outcome != mail.Temporary || got.Stage != mail.Connect {
			t.Errorf("%+v", got)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it still dials")
	}
}

// narrow is a listener whose queue holds hardly anybody; who comes later gets no answer at all.
func narrow(t *testing.T) net.Listener {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		err = errors.Join(syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(socket, 0))
	}
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(socket), "narrow")
	defer f.Close()
	listener, err := net.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// A line that the server has closed while nobody used it costs no letter: the turn opens another.
func TestATurnOpensItsLine(t *testing.T) {
	p := start(t, &post{})
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address, Connections: 1})
	for range 2 {
		turn := mustTurn(t, s)
		if got := turn.Send(t.Context(), to(plainLetter(), "cut@attendee.example")); got.Outcome != mail.Delivered {
			t.Errorf("%+v", got)
		}
		turn.GiveBack()
	}
	drop, err := mail.NewDrop(t.TempDir(), nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if got := mustTurn(t, drop).Send(t.Context(), plainLetter()); got.Outcome != mail.Delivered {
		t.Errorf("%+v", got)
	}
}
