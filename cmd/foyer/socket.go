package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"foyer/live"
	"foyer/meet"
	"foyer/replica"
	"foyer/store"
)

// One process owns the data (decision 20). A command beside a running server asks it through data/foyer.sock, which only
// the owner of the data folder can open; without a server the command opens the store itself and uses the same queue.

type order struct {
	Verb string
	By   store.By
	In   json.RawMessage
}

func socketPath(data string) string {
	abs, err := filepath.Abs(data)
	if err != nil {
		abs = data
	}
	path := filepath.Join(abs, "foyer.sock")
	if len(path) < 100 { // the kernel takes 107 bytes
		return path
	}
	sum := sha256.Sum256([]byte(abs))
	return filepath.Join(os.TempDir(), "foyer-"+hex.EncodeToString(sum[:8])+".sock")
}

func listenSocket(data string) (net.Listener, error) {
	path := socketPath(data)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // of a server that died; we hold data/lock
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return l, os.Chmod(path, 0o600)
}

func (a *App) serveSocket(ctx context.Context) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /verb", func(w http.ResponseWriter, r *http.Request) {
		var o order
		if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w)(a.store.Run(r.Context(), o.Verb, o.By, o.In))
	})
	mux.HandleFunc("GET /accounts", func(w http.ResponseWriter, r *http.Request) {
		list, err := a.store.Accounts(r.Context())
		b, _ := json.Marshal(list)
		answer(w)(b, err)
	})
	mux.HandleFunc("GET /address", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, a.Address()) })
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = srv.Close()
	}()
	_ = srv.Serve(a.socket)
}

func answer(w http.ResponseWriter) func([]byte, error) {
	return func(b []byte, err error) {
		var refusal *meet.Error
		switch {
		case errors.As(err, &refusal):
			http.Error(w, refusal.Message, http.StatusUnprocessableEntity)
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		default:
			_, _ = w.Write(b)
		}
	}
}

// desk is where a command brings its verbs: a running server, or a store opened for the purpose.
type desk struct {
	client *http.Client
	app    *App
}

// openDesk finds the running server of a data folder or opens the folder.
func openDesk(ctx context.Context, data string) (*desk, error) {
	a := &App{config: Config{Data: Data{data}}, log: logger(false), clock: clockWith(0), hub: live.NewHub()}
	a.log = slog.New(slog.DiscardHandler)
	err := a.openStore(ctx, func([]string) {})
	if err == nil {
		return &desk{app: a}, nil
	}
	_ = a.Close(context.WithoutCancel(ctx))
	if !errors.Is(err, replica.ErrLocked) {
		return nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socketPath(data))
	}
	return &desk{client: &http.Client{Transport: &http.Transport{DialContext: dial}}}, nil
}

func (d *desk) close(ctx context.Context) error {
	if d.app != nil {
		return d.app.Close(context.WithoutCancel(ctx))
	}
	return nil
}

// run runs a verb by name.
func (d *desk) run(ctx context.Context, name string, by store.By, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	var got []byte
	if d.app != nil {
		got, err = d.app.store.Run(ctx, name, by, body)
	} else {
		got, err = d.ask(ctx, http.MethodPost, "/verb", order{name, by, body})
	}
	if err != nil {
		return plainly(err)
	}
	return json.Unmarshal(got, out)
}

// plainly is a refusal as a command says it: without its code.
func plainly(err error) error {
	var refusal *meet.Error
	if errors.As(err, &refusal) {
		return errors.New(refusal.Message)
	}
	return err
}

func (d *desk) accounts(ctx context.Context) (list []meet.Account, err error) {
	if d.app != nil {
		return d.app.store.Accounts(ctx)
	}
	b, err := d.ask(ctx, http.MethodGet, "/accounts", nil)
	if err != nil {
		return nil, err
	}
	return list, json.Unmarshal(b, &list)
}

// address is where the running server answers, "" when none runs.
func (d *desk) address(ctx context.Context) string {
	if d.app != nil {
		return ""
	}
	b, err := d.ask(ctx, http.MethodGet, "/address", nil)
	if err != nil {
		return ""
	}
	return string(b)
}

func (d *desk) ask(ctx context.Context, method, path string, body any) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://foyer"+path, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	res, err := d.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("another process holds the data folder and does not answer: %w", err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(got)))
	}
	return got, err
}
