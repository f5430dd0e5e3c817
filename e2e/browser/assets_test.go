package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foyer/e2e/browser"
	"foyer/static"
)

// assets are the product's own with one module more, which imports another by its bare name.
func assets(t *testing.T) *static.Files {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../static")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"sample.js":       "import {word} from 'foyer/sample-word.js'\ndocument.getElementById('module').textContent = word",
		"sample-word.js":  "export const word = 'imported by name'",
		"not-a-module.md": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, "js", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := static.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestAssetsUnderTheProductsPolicy opens a page with all that a page of Foyer loads, under the strict policy: the import
// map by its hash, a module, htmx with a stream and a form, the style sheet and an icon of the sprite.
func TestAssetsUnderTheProductsPolicy(t *testing.T) {
	files := assets(t)
	push := make(chan string)
	mux := http.NewServeMux()
	mux.Handle("GET /static/", files)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; script-src 'self' "+files.ImportMapHash()+
			"; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types htmx foyer")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Assets</title>
<link rel="icon" href="%s" type="image/svg+xml"><link rel="stylesheet" href="%s"><script type="importmap">%s</script>
<script defer src="%s"></script><script type="module" src="%s"></script></head>
<body><main class="wrap"><h1>Assets</h1><p id="module"></p>
<div id="live" hx-sse:connect="/stream" hx-config="sse.pauseOnBackground:false" hx-swap="innerHTML">waiting</div>
<form id="f" hx-post="/form" hx-target="this" hx-swap="outerHTML"><button class="btn primary"><svg class="i" aria-hidden="true"><use href="%s#plus"/></svg>Create new</button></form></main>`,
			files.Path("favicon.svg"), files.Path("css/foyer.css"), files.ImportMap(), files.Path("vendor/htmx.js"), files.Path("js/sample.js"), files.Path("icons.svg"))
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for text := "snapshot"; ; {
			fmt.Fprintf(w, "data: <b>%s</b>\n\n", text)
			_ = http.NewResponseController(w).Flush()
			select {
			case text = <-push:
			case <-r.Context().Done():
				return
			}
		}
	})
	mux.HandleFunc("POST /form", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `<p class="note bad" role="alert">Give it a name.</p>`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })

	p := browser.Visit(t, browser.Look{}).Open(server.URL + "/")
	t.Cleanup(p.Close) // before the server, whose end would be heard as a failed stream
	p.SeesText("imported by name")
	p.SeesText("snapshot")
	push <- "a later state"
	p.SeesText("a later state")
	p.Role("button", "Create new").Click()
	p.SeesText("Give it a name.")
	p.Axe()
	if colour := browser.Value[string](p, "getComputedStyle(document.querySelector('.note')).backgroundColor"); colour == "rgba(0, 0, 0, 0)" {
		t.Error("the style sheet has no effect")
	}
	var got []string
	for _, q := range p.Requests() {
		if q.Status == 200 {
			got = append(got, q.URL)
		}
	}
	for _, want := range []string{"icons.svg", "css/foyer.css", "vendor/htmx.js", "js/sample-word.js"} {
		if address := files.Path(want); !strings.Contains(strings.Join(got, " "), address) {
			t.Errorf("%s was not loaded: %q", address, got)
		}
	}
}
