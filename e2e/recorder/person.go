package recorder

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// Person is a browser's worth of HTTP: cookies, no redirects of its own accord, and perhaps a recorder.
type Person struct {
	at     string
	client *http.Client
	record *Record // nil = nobody listens
}

// Somebody is a new person at an address like http://127.0.0.1:8080; record may be nil.
func Somebody(at string, record *Record) *Person {
	jar, _ := cookiejar.New(nil) // never fails without options
	transport := &http.Transport{DisableCompression: true}
	if record != nil {
		transport.DialContext = record.dial
	}
	return &Person{at, &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, record}
}

// Close lets go of connections that wait for another request.
func (p *Person) Close() { p.client.CloseIdleConnections() }

// Answer is what came back.
type Answer struct {
	Status   int
	Location string
	Body     string
}

// Ask sends one request and reads the whole answer; headers are pairs.
func (p *Person) Ask(ctx context.Context, method, path, contentType, body string, headers ...string) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.at+path, strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := p.client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return Answer{Status: res.StatusCode}, p.follow(path, res, func(string, string) bool { return false })
	}
	text, err := io.ReadAll(res.Body)
	p.heard(method+" "+path, res, text)
	return Answer{res.StatusCode, res.Header.Get("Location"), string(text)}, err
}

func (p *Person) heard(what string, res *http.Response, body []byte) {
	if p.record == nil {
		return
	}
	var b bytes.Buffer
	_ = res.Header.Write(&b)
	p.record.Add(Message{What: what, Bytes: append(b.Bytes(), body...)})
}

// Get is Ask without a body.
func (p *Person) Get(ctx context.Context, path string) (Answer, error) {
	return p.Ask(ctx, http.MethodGet, path, "", "")
}

// Post sends a form of name and value pairs, as a script does.
func (p *Person) Post(ctx context.Context, path string, pairs ...string) (Answer, error) {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return p.Ask(ctx, http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode(), "X-Foyer-Quiet", "1")
}

// Must is Post for what has to go well.
func (p *Person) Must(ctx context.Context, path string, pairs ...string) (Answer, error) {
	a, err := p.Post(ctx, path, pairs...)
	if err == nil && a.Status/100 != 2 && a.Status != http.StatusSeeOther {
		err = fmt.Errorf("POST %s: %d %.300s", path, a.Status, a.Body)
	}
	return a, err
}

// Listen follows a stream until hear says that it is enough, the stream ends or ctx does.
func (p *Person) Listen(ctx context.Context, path string, hear func(event, data string) (enough bool)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.at+path, nil)
	if err != nil {
		return err
	}
	res, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the stream %s: %s", path, res.Status)
	}
	return p.follow(path, res, hear)
}

// follow reads events (HTML Living Standard 9.2), each of which is a message.
func (p *Person) follow(path string, res *http.Response, hear func(event, data string) bool) error {
	p.heard("stream "+path, res, nil)
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 4<<20)
	var name string
	var data []string
	for lines.Scan() {
		line := lines.Text()
		switch {
		case line != "" && strings.HasPrefix(line, "event: "):
			name = line[7:]
		case line != "":
			data = append(data, strings.TrimPrefix(line, "data: "))
		default:
			whole := strings.Join(data, "\n")
			if p.record != nil {
				p.record.Add(Message{What: "event " + name, Bytes: []byte(whole)})
			}
			if hear(name, whole) {
				return nil
			}
			name, data = "", nil
		}
	}
	return lines.Err()
}
