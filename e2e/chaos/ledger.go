package main

import (
	"fmt"
	"net/url"
	"sync"
)

// room is what one person was promised about a room.
type room struct {
	serial      string // unique, the first word of every name it ever has
	id          string
	name        string // the last acknowledged one
	next        string // a name whose outcome is unknown, "" = none
	renames     int
	participant string // whole addresses, "" until they were asked for
	host        string
	guests      []*guest
}

// called tells whether a name is one that the room may have now.
func (r *room) called(name string) bool { return name == r.name || r.next != "" && name == r.next }

// guest is a pass that was promised to a browser.
type guest struct {
	who  *person
	name string
	room *room
}

// act is one form under way: what it says, and what an acknowledgement of it means.
type act struct {
	what     string // the key of the promise
	who      *person
	path     string
	form     url.Values // with its once
	leads    string     // where a success leads, from its start
	kept     func(location string)
	serial   string // of a room in the making
	renaming *room
	entering *guest
}

// findings are broken promises, by what was promised.
type findings struct {
	mu      sync.Mutex
	lost    map[string]string
	doubled map[string]bool
}

func newFindings() *findings { return &findings{lost: map[string]string{}, doubled: map[string]bool{}} }

func (f *findings) lose(what, format string, a ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.lost[what]; !known {
		f.lost[what] = fmt.Sprintf(format, a...)
	}
}

func (f *findings) double(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.doubled[what] = true
}

// some names a few broken promises, for the person who has to find out why.
func (f *findings) some() (text string) {
	shown := 0
	for what, why := range f.lost {
		if shown++; shown > 10 {
			return text + "\n  …"
		}
		text += "\n  lost: " + what + ": " + why
	}
	for what := range f.doubled {
		if shown++; shown > 10 {
			return text + "\n  …"
		}
		text += "\n  doubled: " + what
	}
	return text
}
