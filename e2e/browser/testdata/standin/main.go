// Command standin answers like foyer as far as the harness of the browser tests asks: account, serve, /readyz, SIGTERM.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

func main() {
	args := os.Args[1:]
	data := args[slices.Index(args, "--data")+1]
	if args[0] == "account" {
		password, _ := io.ReadAll(os.Stdin)
		if err := os.MkdirAll(data, 0o755); err != nil {
			panic(err)
		}
		if err := os.WriteFile(filepath.Join(data, "account"), fmt.Appendf(nil, "%v %s", args, password), 0o600); err != nil {
			panic(err)
		}
		return
	}
	ready := time.Now().Add(200 * time.Millisecond)
	http.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		if time.Now().Before(ready) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	http.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<!doctype html><p>ready") })
	http.HandleFunc("/favicon.ico", func(w http.ResponseWriter, r *http.Request) {})
	go func() { panic(http.ListenAndServe(args[slices.Index(args, "--listen")+1], nil)) }()
	fmt.Println("listening")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	if slices.Contains(args, "--bad-end") {
		os.Exit(3)
	}
}
