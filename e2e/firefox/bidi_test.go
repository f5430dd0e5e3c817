//go:build firefox

package firefox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/net/websocket"
)

// wire is a WebDriver BiDi connection (https://www.w3.org/TR/webdriver-bidi/): commands with an id, answers with the same
// id, and events in between. Commands may be sent from several goroutines.
type wire struct {
	conn *websocket.Conn

	mu      sync.Mutex
	last    int
	waiting map[int]chan message
	hearers map[string]func(message) // by browsing context
	broken  error
}

// message is an answer (ID, and Result or Error) or an event (Method and Params).
type message struct {
	ID      *int
	Type    string
	Result  json.RawMessage
	Error   string
	Message string
	Method  string
	Params  json.RawMessage
}

// origin is what the client calls itself; Firefox refuses those that it was not told.
const origin = "http://localhost"

// dial connects to Firefox and begins the session; url is what Firefox says it listens on.
func dial(ctx context.Context, url string) (*wire, error) {
	config, err := websocket.NewConfig(url+"/session", origin)
	if err != nil {
		return nil, err
	}
	conn, err := config.DialContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", url, err)
	}
	w := &wire{conn: conn, waiting: map[int]chan message{}, hearers: map[string]func(message){}}
	go w.read()
	if err := w.call(ctx, "session.new", object{"capabilities": object{}}, nil); err != nil {
		return nil, err
	}
	return w, w.call(ctx, "session.subscribe", object{"events": []string{"log.entryAdded"}}, nil)
}

// object is what a command takes.
type object = map[string]any

// call sends a command, waits for its answer and decodes the result, unless that is nil.
func (w *wire) call(ctx context.Context, method string, params object, result any) error {
	id, answer, err := w.expect()
	if err != nil {
		return err
	}
	if err := websocket.JSON.Send(w.conn, object{"id": id, "method": method, "params": params}); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case m := <-answer:
		if m.Type != "success" {
			return fmt.Errorf("%s: %s: %s", method, m.Error, m.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

func (w *wire) expect() (int, chan message, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	answer := make(chan message, 1)
	w.waiting[w.last] = answer
	return w.last, answer, w.broken
}

// hear hands on the events of one browsing context.
func (w *wire) hear(context string, to func(message)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hearers[context] = to
}

func (w *wire) read() {
	for {
		var m message
		if err := websocket.JSON.Receive(w.conn, &m); err != nil {
			w.fail(err)
			return
		}
		w.deliver(m)
	}
}

func (w *wire) deliver(m message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m.ID != nil {
		if answer := w.waiting[*m.ID]; answer != nil {
			answer <- m
			delete(w.waiting, *m.ID)
		}
		return
	}
	var where struct{ Source struct{ Context string } }
	if json.Unmarshal(m.Params, &where) == nil && w.hearers[where.Source.Context] != nil {
		w.hearers[where.Source.Context](m)
	}
}

// fail ends all that wait: Firefox has gone.
func (w *wire) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = errors.Join(errors.New("Firefox has gone"), err)
	for id, answer := range w.waiting {
		answer <- message{Error: "Firefox has gone", Message: err.Error()}
		delete(w.waiting, id)
	}
}
