package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
)

// ServeHTTP answers GET and HEAD of /static/…. A name whose hash is unknown or stale gives 404, never the file of today:
// a cache that kept it for a year under the wrong hash would be worse than an error.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	a := f.now().byURL[r.URL.Path]
	if a == nil {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	body, encoding := a.encoded(r.Header.Get("Accept-Encoding"))
	head := w.Header()
	head.Set("Content-Type", a.contentType)
	head.Set("Cache-Control", "public, max-age=31536000, immutable")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Vary", "Accept-Encoding")
	if encoding != "" {
		head.Set("Content-Encoding", encoding)
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the visitor went away: nobody to tell
	}
}

// encoded picks the smallest form that is ready and that the browser takes.
func (a *asset) encoded(accept string) (body []byte, encoding string) {
	if b := a.brotli.Load(); b != nil && accepts(accept, "br") {
		return *b, "br"
	}
	if b := a.gzip.Load(); b != nil && accepts(accept, "gzip") {
		return *b, "gzip"
	}
	return a.plain, ""
}

// accepts reads an Accept-Encoding header as far as it matters here: the coding is named and not refused by q=0
// (RFC 9110, section 12.5.3). "*" and identity are left out; a plain body is always allowed in practice.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			q, isQ := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			return !isQ || err != nil || weight > 0
		}
	}
	return false
}

const window = 17 // brotli's window, as a power of two: 128 KB

// compress makes the small forms, one file after the other so that it never takes more than one core: first gzip of all,
// which is quick, then brotli. No asset is larger than the window; the usual one of 4 MB leaves 60 MB of memory behind.
func (s *set) compress() {
	for _, a := range s.byName {
		a.gzip.Store(squeeze(a.plain, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }))
	}
	for _, a := range s.byName {
		a.brotli.Store(squeeze(a.plain, func(w io.Writer) io.WriteCloser {
			return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: window})
		}))
	}
}

// squeeze gives nil when the small form would not be smaller.
func squeeze(plain []byte, writer func(io.Writer) io.WriteCloser) *[]byte {
	var small bytes.Buffer
	w := writer(&small)
	_, writeErr := w.Write(plain)
	if closeErr := w.Close(); writeErr != nil || closeErr != nil || small.Len() >= len(plain) {
		return nil
	}
	body := small.Bytes()
	return &body
}
