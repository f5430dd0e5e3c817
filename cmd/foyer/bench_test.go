package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkHome is the dashboard's handler with fifty tiles, without the network: for a profile.
func BenchmarkHome(b *testing.B) {
	h := start(b)
	ada := h.host("ada", false)
	for i := range 50 {
		ada.post("/rooms", "name", fmt.Sprintf("Weekly sync & planning %d", i), "theme", "meeting")
	}
	req, _ := http.NewRequest(http.MethodGet, h.url+"/", nil)
	for _, c := range ada.client.Jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	req.RemoteAddr = "127.0.0.1:1"
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, req)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
