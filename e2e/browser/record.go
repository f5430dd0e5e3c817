package browser

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Request is one request of a page and what came back.
type Request struct {
	URL    string
	Type   string // Document, Stylesheet, Script, Fetch, EventSource, Image, …
	Status int    // 0 until the answer begins
	Bytes  int    // on the wire so far: status line, headers and body as it was encoded
	Cached bool   // answered without the network
	Open   bool   // still going on: a stream, or on its way
	Failed string // the browser's reason, "" when it did not fail
}

// record hears what the tab reports and keeps it. It is written by the goroutine that reads the protocol.
type record struct {
	mu       sync.Mutex
	host     string // of the first page opened; requests elsewhere are faults
	requests map[network.RequestID]*Request
	order    []*Request
	faults   []string
	last     time.Time // of the newest event of the network
	stopped  bool
}

func newRecord() *record {
	return &record{requests: map[network.RequestID]*Request{}, last: time.Now()}
}

func (p *Page) listen() error {
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{log.Enable, runtime.Enable} {
		if _, err := call(p.ctx, enable, cdp.Empty{}); err != nil {
			return err
		}
	}
	_, err := call(p.ctx, network.Enable, network.EnableParams{})
	return err
}

func (r *record) home(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if u, err := url.Parse(address); err == nil && r.host == "" {
		r.host = u.Host
	}
}

func (r *record) stop() { r.mu.Lock(); r.stopped = true; r.mu.Unlock() }

func (r *record) hear(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		r.sent(e)
	case *network.EventResponseReceived:
		r.answered(e)
	case *network.EventDataReceived:
		r.received(e)
	case *network.EventLoadingFinished:
		r.finished(e)
	case *network.EventLoadingFailed:
		r.failed(e)
	case *network.EventRequestServedFromCache:
		if q := r.requests[e.RequestID]; q != nil {
			q.Cached = true
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == "assert" {
			r.faults = append(r.faults, "console: "+said(e.Args))
		}
	case *runtime.EventExceptionThrown:
		r.faults = append(r.faults, "uncaught: "+describe(e.ExceptionDetails))
	case *log.EventEntryAdded:
		// What the network reports is judged by failed and answered: a form with mistakes is a 422 and no fault.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			r.faults = append(r.faults, fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text))
		}
	}
}

func (r *record) sent(e *network.EventRequestWillBeSent) {
	if strings.HasPrefix(e.Request.URL, "data:") || strings.HasPrefix(e.Request.URL, "blob:") {
		return
	}
	if before := r.requests[e.RequestID]; before != nil && e.RedirectResponse != nil { // the same id goes on elsewhere
		before.Status, before.Bytes, before.Open = int(e.RedirectResponse.Status), int(e.RedirectResponse.EncodedDataLength), false
	}
	q := &Request{URL: e.Request.URL, Type: string(e.Type), Open: true}
	r.requests[e.RequestID] = q
	r.order = append(r.order, q)
	r.last = time.Now()
	if u, err := url.Parse(q.URL); err == nil && u.Host != r.host && strings.HasPrefix(u.Scheme, "http") {
		r.faults = append(r.faults, "request to another host: "+q.URL)
	}
}

func (r *record) answered(e *network.EventResponseReceived) {
	q := r.requests[e.RequestID]
	if q == nil {
		return
	}
	q.Status, q.Type, q.Bytes = int(e.Response.Status), string(e.Type), int(e.Response.EncodedDataLength)
	q.Cached = q.Cached || e.Response.FromDiskCache
	r.last = time.Now()
	if q.Type != "Document" && (q.Status == 404 || q.Status >= 500) {
		r.faults = append(r.faults, fmt.Sprintf("%d for %s", q.Status, q.URL))
	}
}

func (r *record) received(e *network.EventDataReceived) {
	if q := r.requests[e.RequestID]; q != nil {
		q.Bytes += int(e.EncodedDataLength)
		r.last = time.Now()
	}
}

func (r *record) finished(e *network.EventLoadingFinished) {
	q := r.requests[e.RequestID]
	if q == nil {
		return
	}
	q.Open, r.last = false, time.Now()
	if q.Bytes = int(e.EncodedDataLength); q.Cached {
		q.Bytes = 0
	}
}

func (r *record) failed(e *network.EventLoadingFailed) {
	q := r.requests[e.RequestID]
	if q == nil {
		return
	}
	q.Open, q.Failed, r.last = false, e.ErrorText, time.Now()
	if !e.Canceled && e.ErrorText != "net::ERR_ABORTED" {
		r.faults = append(r.faults, fmt.Sprintf("%s %s for %s", e.ErrorText, e.BlockedReason, q.URL))
	}
}

// Expect says that a complaint holding part belongs to this test, for example the failed stream when a server is stopped.
func (p *Page) Expect(part string) {
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	p.expect = append(p.expect, part)
}

// Check reports as errors of the test what the browser complained about so far: console errors, uncaught exceptions, what
// a Content-Security-Policy blocked, missing files, requests to another host. It runs at the end of every test.
func (p *Page) Check() {
	p.t.Helper()
	for _, fault := range p.Faults() {
		p.t.Errorf("in the browser: %s", fault)
	}
}

// Faults takes the complaints so far that were not expected; they are not reported again.
func (p *Page) Faults() []string {
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	faults := slices.DeleteFunc(p.record.faults, func(fault string) bool {
		return slices.ContainsFunc(p.expect, func(part string) bool { return strings.Contains(fault, part) })
	})
	p.record.faults = nil
	return faults
}

// Requests are all requests of the tab so far, in order.
func (p *Page) Requests() (all []Request) {
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	for _, q := range p.record.order {
		all = append(all, *q)
	}
	return all
}

// Load is what one page cost on the wire.
type Load struct{ Requests []Request }

// ColdLoad opens an address in a fresh page (Visit) and waits until nothing moves any more: everything has loaded and
// each stream has brought its first bytes. What is repeated (pings) is not waited out.
func (p *Page) ColdLoad(address string) Load {
	p.t.Helper()
	p.travel("leave the page before", chromedp.Navigate("about:blank")) // whose last requests must not be counted
	p.wait("the page before to be silent", func() (bool, string) {
		p.record.mu.Lock()
		defer p.record.mu.Unlock()
		return time.Since(p.record.last) > 300*time.Millisecond, "data keeps coming"
	})
	before := len(p.Requests())
	p.Open(address)
	p.wait("the network to be quiet", func() (bool, string) {
		all := p.Requests()[before:]
		for _, q := range all {
			if q.Open && (q.Status == 0 || !q.streams() || q.Bytes == 0) {
				return false, "open: " + q.URL
			}
		}
		p.record.mu.Lock()
		defer p.record.mu.Unlock()
		return time.Since(p.record.last) > 300*time.Millisecond, "data keeps coming"
	})
	return Load{Requests: p.Requests()[before:]}
}

func (q Request) streams() bool {
	return q.Type == "EventSource" || q.Type == "Fetch" || q.Type == "XHR"
}

// Bytes is the sum on the wire, leaving out requests whose path begins with one of the prefixes ("/image/").
func (l Load) Bytes(leaveOut ...string) (sum int) {
	for _, q := range l.Requests {
		u, err := url.Parse(q.URL)
		if err == nil && !slices.ContainsFunc(leaveOut, func(prefix string) bool { return strings.HasPrefix(u.Path, prefix) }) {
			sum += q.Bytes
		}
	}
	return sum
}

// String lists each request with its bytes, for the log of a test.
func (l Load) String() string {
	var b strings.Builder
	for _, q := range l.Requests {
		fmt.Fprintf(&b, "%7d  %d %-11s %s\n", q.Bytes, q.Status, q.Type, q.URL)
	}
	return b.String() + fmt.Sprintf("%7d  together", l.Bytes())
}

func said(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		if words = append(words, strings.Trim(string(a.Value), `"`)); len(a.Value) == 0 {
			words[len(words)-1] = a.Description
		}
	}
	return strings.Join(words, " ")
}

func describe(thrown *runtime.ExceptionDetails) string {
	text := thrown.Text
	if thrown.Exception != nil && thrown.Exception.Description != "" {
		text += " " + thrown.Exception.Description
	}
	return fmt.Sprintf("%s (%s:%d)", text, thrown.URL, thrown.LineNumber+1)
}
