package handlers

import (
	"testing"
	"time"
)

func TestTickets(t *testing.T) {
	k, other := newTicketKey([]byte("one secret of thirty-two bytes..")), newTicketKey([]byte("another secret of 32 bytes, yes.."))
	now := time.Date(2026, 3, 3, 15, 0, 0, 0, time.UTC)
	ticket := k.ticket("room", "pass", now)
	if room, pass, ok := k.read(ticket, now.Add(ticketLasts-time.Second)); room != "room" || pass != "pass" || !ok {
		t.Error(room, pass, ok)
	}
	for what, try := range map[string]func() bool{
		"over":            func() bool { _, _, ok := k.read(ticket, now.Add(ticketLasts)); return ok },
		"another secret":  func() bool { _, _, ok := other.read(ticket, now); return ok },
		"changed":         func() bool { _, _, ok := k.read("s"+ticket[1:], now); return ok },
		"cut":             func() bool { _, _, ok := k.read(ticket[:len(ticket)-1], now); return ok },
		"nothing":         func() bool { _, _, ok := k.read("", now); return ok },
		"a dot":           func() bool { _, _, ok := k.read(".", now); return ok },
		"without its mac": func() bool { _, _, ok := k.read("room.pass.zzzz.", now); return ok },
	} {
		if try() {
			t.Errorf("a ticket that is %s opens the door", what)
		}
	}
}

func TestSeals(t *testing.T) {
	s := newSeal([]byte("one secret of thirty-two bytes.."))
	sealed, err := s.close([]opened{{Room: "room", Token: "token", Until: 7}})
	if err != nil {
		t.Fatal(err)
	}
	var back []opened
	if !s.open(sealed, &back) || back[0].Token != "token" {
		t.Error(back)
	}
	if s.open(sealed[:len(sealed)-2], &back) || s.open("", &back) || s.open("AAAA", &back) || newSeal([]byte("other")).open(sealed, &back) {
		t.Error("a broken seal opens")
	}
}

func FuzzTicket(f *testing.F) {
	k := newTicketKey([]byte("one secret of thirty-two bytes.."))
	f.Add("room.pass.zzzz.aaaa")
	f.Fuzz(func(t *testing.T, s string) {
		if _, _, ok := k.read(s, time.Unix(0, 0)); ok {
			t.Errorf("%q opens the door", s)
		}
	})
}
