package handlers

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/andybalholm/brotli"
	"github.com/labstack/echo/v4"
)

var buffers = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 32<<10)) }}

// html draws a page into memory first, so that an error while drawing is still an error page, then sends it compressed.
func (v *visit) html(status int, page templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer buffers.Put(b)
	if err := page.Render(v.ctx(), b); err != nil {
		return err
	}
	h := v.Response().Header()
	v.s.documentArmour(h, v.runs)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding")
	return v.squeeze(status, b.Bytes())
}

// draw renders a fragment for a stream.
func (s *Server) draw(v *visit, c templ.Component) ([]byte, error) {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer buffers.Put(b)
	err := c.Render(v.ctx(), b)
	return bytes.Clone(b.Bytes()), err
}

// window is brotli's, as a power of two: 128 KB, more than any page. The usual one takes megabytes per writer, and a pool
// of those is emptied by the very garbage collections that it causes.
const window = 17

const worthSqueezing = 1000 // bytes; below it a packet is a packet

var (
	brotlis = sync.Pool{New: func() any { return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: 1, LGWin: window}) }}
	gzips   = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed); return w }}
)

// squeeze sends a page by brotli or gzip as the browser accepts; both at levels that cost less than they save.
func (v *visit) squeeze(status int, page []byte) error {
	accepts := v.Request().Header.Get(echo.HeaderAcceptEncoding)
	if len(page) < worthSqueezing || !strings.Contains(accepts, "br") && !strings.Contains(accepts, "gzip") {
		return v.HTMLBlob(status, page)
	}
	out := buffers.Get().(*bytes.Buffer)
	out.Reset()
	defer buffers.Put(out)
	encoding := "gzip"
	if strings.Contains(accepts, "br") {
		encoding = "br"
		w := brotlis.Get().(*brotli.Writer)
		defer brotlis.Put(w)
		w.Reset(out)
		w.Write(page)
		w.Close()
	} else {
		w := gzips.Get().(*gzip.Writer)
		defer gzips.Put(w)
		w.Reset(out)
		w.Write(page)
		w.Close()
	}
	v.Response().Header().Set(echo.HeaderContentEncoding, encoding)
	return v.HTMLBlob(status, out.Bytes())
}

// nothing answers a form that a script sent and that has nothing to show.
func (v *visit) nothing() error { return v.NoContent(http.StatusNoContent) }

// script tells whether a script sent this request, and wants no page back.
func (v *visit) script() bool { return v.Request().Header.Get("X-Foyer-Quiet") != "" }
