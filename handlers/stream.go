package handlers

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"foyer/live"
)

// How often a stream says that it is alive. A room's page must notice a dead node within a second or two; the others only
// have to notice some time (decision 13).
const (
	pingInRoom = time.Second
	pingAtDoor = 5 * time.Second // a waiting page must notice soon that its place is in danger
	pingAtHome = 20 * time.Second
)

// wire writes server-sent events (HTML Living Standard 9.2) to one page.
type wire struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	out bytes.Buffer
	err error
}

// openWire turns an answer into a stream that no buffer in between may hold back.
func openWire(v *visit) *wire {
	h := v.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	w := &wire{w: v.Response(), rc: http.NewResponseController(v.Response())}
	// The server's limits for a whole request do not hold for a stream, which lasts for hours.
	_ = w.rc.SetReadDeadline(time.Time{})
	_ = w.rc.SetWriteDeadline(time.Time{})
	v.Response().WriteHeader(http.StatusOK)
	return w
}

// event adds one event, "" for a message that htmx swaps in. It leaves with the next flush.
func (w *wire) event(name string, data []byte) {
	if name != "" {
		w.out.WriteString("event: " + name + "\n")
	}
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		w.out.WriteString("data: ")
		w.out.Write(bytes.TrimSuffix(line, []byte("\r")))
		w.out.WriteByte('\n')
	}
	w.out.WriteByte('\n')
}

const slowest = 10 * time.Second // that a page may take to swallow what was sent

// flush sends what was added. A page that swallows nothing for too long is cut off by a deadline in the past. No deadline
// is ever set in advance: over HTTP/2 a deadline is a timer that resets the stream when it fires, even if nothing is being
// written then.
func (w *wire) flush() error {
	if w.err != nil || w.out.Len() == 0 {
		return w.err
	}
	cut := time.AfterFunc(slowest, func() { _ = w.rc.SetWriteDeadline(time.Unix(1, 0)) })
	if _, w.err = w.w.Write(w.out.Bytes()); w.err == nil {
		w.err = w.rc.Flush()
	}
	cut.Stop()
	w.out.Reset()
	if w.out.Cap() > 16<<10 {
		w.out = bytes.Buffer{} // an idle stream keeps no large buffer
	}
	return w.err
}

// follow keeps a stream going until the page goes, the server stops, or push says that it is over.
func (s *Server) follow(ctx context.Context, w *wire, l *live.Listener, ping time.Duration, more <-chan struct{}, push func(topics []string, all bool) (over bool, err error)) error {
	tick := time.NewTicker(ping)
	defer tick.Stop()
	for {
		if err := w.flush(); err != nil {
			return nil // the page is gone; its sender needs no error
		}
		var over bool
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-s.stop:
			return nil
		case <-tick.C:
			w.event("ping", nil)
		case <-more:
			over, err = push(nil, false)
		case <-l.C:
			topics, all := l.Take()
			over, err = push(topics, all)
		}
		if err != nil {
			s.Log.Error("stream", "err", err)
			return nil // the page asks again by itself
		}
		if over {
			return w.flush()
		}
	}
}
