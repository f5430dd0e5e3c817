// Package live tells whoever is looking that something changed. It knows topics and who listens, nothing about what a
// topic means and nothing about HTML: a listener is woken, takes the topics that changed since it last looked, and
// redraws their current state. Ten changes between two looks are one redraw, so a slow listener costs nobody anything
// and can never fall behind by more than one picture.
//
// A topic is a path, "home/ACCOUNT" or "room/ROOM/people". What follows a "#" narrows it: "home/ACCOUNT#ROOM" wakes the
// listeners of "home/ACCOUNT" and tells them which room.
package live

import (
	"strings"
	"sync"
)

// Hub connects announcements to listeners within one process.
type Hub struct {
	mu        sync.Mutex
	listeners map[string]map[*Listener]struct{}
	seen      map[string]uint64 // number of the last change, by topic that somebody listens to
	clock     uint64            // counts announcements
	forgotten func(topic string)
}

// NewHub makes an empty hub.
func NewHub() *Hub {
	return &Hub{listeners: map[string]map[*Listener]struct{}{}, seen: map[string]uint64{}}
}

// Listener is one page's ear.
type Listener struct {
	// C is ready when there is something to Take.
	C chan struct{}

	hub     *Hub
	topics  []string
	mu      sync.Mutex
	pending map[string]struct{}
	all     bool
}

// Listen starts listening to topics. Close must be called.
func (h *Hub) Listen(topics ...string) *Listener {
	l := &Listener{C: make(chan struct{}, 1), hub: h, topics: topics, pending: map[string]struct{}{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range topics {
		if h.listeners[t] == nil {
			h.listeners[t] = map[*Listener]struct{}{}
			h.clock++
			h.seen[t] = h.clock
		}
		h.listeners[t][l] = struct{}{}
	}
	return l
}

// Close stops listening. A topic without listeners is forgotten.
func (l *Listener) Close() {
	h := l.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range l.topics {
		delete(h.listeners[t], l)
		if len(h.listeners[t]) == 0 {
			delete(h.listeners, t)
			delete(h.seen, t)
			if h.forgotten != nil {
				h.forgotten(t)
			}
		}
	}
}

// Announce says that topics changed. No topics at all means that everything may have.
func (h *Hub) Announce(topics []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	if len(topics) == 0 {
		for t, set := range h.listeners {
			h.seen[t] = h.clock
			for l := range set {
				l.wake("")
			}
		}
		return
	}
	for _, topic := range topics {
		base, _, _ := strings.Cut(topic, "#")
		set, ok := h.listeners[base]
		if !ok {
			continue
		}
		h.seen[base] = h.clock
		for l := range set {
			l.wake(topic)
		}
	}
}

func (l *Listener) wake(topic string) {
	l.mu.Lock()
	if topic == "" {
		l.all = true
	} else {
		l.pending[topic] = struct{}{}
	}
	l.mu.Unlock()
	select {
	case l.C <- struct{}{}:
	default:
	}
}

// Take gives what changed since the last Take, in no order. all means that everything may have changed.
func (l *Listener) Take() (topics []string, all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for t := range l.pending {
		topics = append(topics, t)
	}
	all = l.all
	clear(l.pending)
	l.all = false
	return topics, all
}

// Version is a number that grows whenever topic changes while somebody listens to it. Two equal versions of a topic
// that was listened to all along mean that nothing changed in between; 0 means that nobody listens.
func (h *Hub) Version(topic string) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen[topic]
}
