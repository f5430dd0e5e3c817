// Package recorder keeps every byte that somebody before a locked room is sent, and counts those that they should not have
// been sent. Zoom's waiting room once got the meeting's keys and its video; Jitsi's and Webex's told names and passwords.
// A waiting room that draws nothing may still send everything, so what counts here is the wire and not the page.
//
// A Busy room is locked and never quiet: people talk, react, raise hands, come and go. Whoever asks to join it is recorded
// by a Record: each HTTP answer, each event of a stream and each datagram is a message, and beside them lies the raw stream
// of bytes of every connection. Everything of the inside carries canaries (names, headlines, chat, pass ids, hashes of
// pictures, tickets, slot maps, session descriptions). leak_bytes is the length of all messages that hold one, plus every
// byte of a datagram that is neither STUN nor empty: media. A control, recorded in the same way, is somebody inside.
package recorder

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
)

// Message is one thing that was sent: an answer with its headers, one event of a stream, one datagram.
type Message struct {
	What  string // "GET /r/…", "event wait", "datagram"
	Bytes []byte
	Media bool // a datagram that is not STUN: DTLS, SRTP or SRTCP (RFC 7983)
}

// Record is all that one person was sent.
type Record struct {
	mu       sync.Mutex
	messages []Message
	raw      bytes.Buffer
}

// Add keeps one message.
func (r *Record) Add(m Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, m)
}

// Size is how many bytes were recorded, on the wire and by datagram; a record that heard nothing proves nothing.
func (r *Record) Size() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.messages {
		if strings.HasPrefix(m.What, "datagram") {
			n += len(m.Bytes)
		}
	}
	return n + r.raw.Len()
}

// Messages are how many of a kind were recorded: those whose What begins with the prefix.
func (r *Record) Messages(prefix string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.messages {
		if strings.HasPrefix(m.What, prefix) {
			n++
		}
	}
	return n
}

// Leak is what should not have been sent.
type Leak struct {
	Bytes  int
	ByKind map[string]int // bytes of messages by the kind of canary in them; one message may count for several
	Where  []string       // a line for each message, for the report of a test
}

// Leaked looks for canaries, except those that are one's own.
func (r *Record) Leaked(canaries []Canary, own ...string) Leak {
	r.mu.Lock()
	defer r.mu.Unlock()
	leak := Leak{ByKind: map[string]int{}}
	for _, m := range r.messages {
		kinds := kindsIn(m.Bytes, canaries, own)
		if m.Media {
			kinds = append(kinds, "media")
		}
		if len(kinds) == 0 {
			continue
		}
		leak.Bytes += len(m.Bytes)
		leak.Where = append(leak.Where, fmt.Sprintf("%s holds %s: %.300q", m.What, strings.Join(kinds, ", "), m.Bytes))
		for _, k := range kinds {
			leak.ByKind[k] += len(m.Bytes)
		}
	}
	if kinds := kindsIn(r.raw.Bytes(), canaries, own); leak.Bytes == 0 && len(kinds) > 0 { // beside all messages
		leak.Bytes = 1
		leak.Where = append(leak.Where, "the connection holds "+strings.Join(kinds, ", "))
	}
	return leak
}

// Canary is a text that only people inside may be sent.
type Canary struct{ Kind, Text string }

func kindsIn(text []byte, canaries []Canary, own []string) (kinds []string) {
	for _, c := range canaries {
		if !slices.Contains(kinds, c.Kind) && !slices.Contains(own, c.Text) && bytes.Contains(text, []byte(c.Text)) {
			kinds = append(kinds, c.Kind)
		}
	}
	return kinds
}

// dial is a dialer whose connections write down what they receive.
func (r *Record) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return &overheard{c, r}, err
}

type overheard struct {
	net.Conn
	record *Record
}

func (o *overheard) Read(p []byte) (int, error) {
	n, err := o.Conn.Read(p)
	o.record.mu.Lock()
	o.record.raw.Write(p[:n])
	o.record.mu.Unlock()
	return n, err
}
