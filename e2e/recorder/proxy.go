package recorder

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// Proxy stands between a real browser and the server and keeps what the browser is sent, uncompressed. Assets are the same
// for everybody and are not kept.
func (r *Record) Proxy(to string) http.Handler {
	server, err := url.Parse(to)
	if err != nil {
		panic(err) // the address of a server that was just started
	}
	return &httputil.ReverseProxy{
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0), // pages that go away in the middle of a stream
		Rewrite: func(q *httputil.ProxyRequest) {
			q.SetURL(server)
			q.Out.Host = q.In.Host
			q.Out.Header.Set("Accept-Encoding", "identity")
		},
		ModifyResponse: func(a *http.Response) error {
			if strings.HasPrefix(a.Request.URL.Path, "/static/") {
				return nil
			}
			var headers bytes.Buffer
			_ = a.Header.Write(&headers)
			what := a.Request.Method + " " + a.Request.URL.Path
			r.Add(Message{What: what, Bytes: headers.Bytes()})
			a.Body = &copied{ReadCloser: a.Body, record: r, what: what, events: strings.HasPrefix(a.Header.Get("Content-Type"), "text/event-stream")}
			return nil
		},
	}
}

// copied is a body that becomes messages while it is read: one for each event of a stream, else one.
type copied struct {
	io.ReadCloser
	record *Record
	what   string
	events bool
	kept   []byte
}

func (c *copied) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.kept = append(c.kept, p[:n]...)
	for c.events {
		event, rest, whole := bytes.Cut(c.kept, []byte("\n\n"))
		if !whole {
			break
		}
		c.record.Add(Message{What: "event of " + c.what, Bytes: bytes.Clone(event)})
		c.kept = bytes.Clone(rest)
	}
	if err != nil {
		c.flush()
	}
	return n, err
}

func (c *copied) Close() error { c.flush(); return c.ReadCloser.Close() }

func (c *copied) flush() {
	if len(c.kept) > 0 {
		c.record.Add(Message{What: c.what, Bytes: c.kept})
		c.kept = nil
	}
}
