package load

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Guest is one person with a browser's cookies.
type Guest struct {
	field  *Field
	client *http.Client
	origin string // scheme and host
	path   string // of the room, /r/{slug}
	room   string // its id
	ticket string
}

var mainElement = map[string]*regexp.Regexp{
	"room":   regexp.MustCompile(`data-room="([^"]+)"`),
	"ticket": regexp.MustCompile(`data-ticket="([^"]+)"`),
}

// Enter goes into a room as people do: its page, the form with a name, the page inside, which has the ticket.
func (f *Field) Enter(ctx context.Context, room, name string) (*Guest, error) {
	jar, _ := cookiejar.New(nil) // never fails without options
	g := &Guest{field: f, client: &http.Client{Jar: jar, Transport: f.web, Timeout: time.Minute}}
	at, err := g.lobby(ctx, room)
	if err != nil {
		return nil, err
	}
	g.origin, g.path = at.Scheme+"://"+at.Host, at.Path
	inside, err := g.form(ctx, g.path, "name", name, "mic", "no", "camera", "no")
	if err != nil {
		return nil, err
	}
	for key, pattern := range mainElement {
		found := pattern.FindStringSubmatch(inside)
		if found == nil {
			return nil, fmt.Errorf("load: %s did not let %s in: no %s on the page that followed", room, name, key)
		}
		if key == "room" {
			g.room = html.UnescapeString(found[1])
		} else {
			g.ticket = html.UnescapeString(found[1])
		}
	}
	return g, nil
}

// lobby loads the room's page, by a host link, too.
func (g *Guest) lobby(ctx context.Context, room string) (*url.URL, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, room, nil)
	if err != nil {
		return nil, err
	}
	res, err := g.client.Do(q)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Request.URL.Path, "/r/") {
		return nil, fmt.Errorf("load: %s is not the address of a room: %s", room, res.Status)
	}
	return res.Request.URL, nil
}

// form sends a form of name and value pairs and gives the page that it leads to.
func (g *Guest) form(ctx context.Context, path string, pairs ...string) (string, error) {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	status, body, err := g.post(ctx, path, "application/x-www-form-urlencoded", values.Encode())
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("load: POST %s: %d %.200s", path, status, strings.TrimSpace(body))
	}
	return body, err
}

func (g *Guest) post(ctx context.Context, path, kind, body string) (status int, text string, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, g.origin+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	q.Header.Set("Content-Type", kind)
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	if g.ticket != "" {
		q.Header.Set("Authorization", "Bearer "+g.ticket)
	}
	res, err := g.client.Do(q)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// offered sends an offer until it is answered; a server that is busy is asked again after a second, as the protocol says.
func (g *Guest) offered(ctx context.Context, direction, sdp string, lines int) (answer, error) {
	for {
		status, text, err := g.post(ctx, "/media/"+g.room+"/"+direction, "application/sdp", sdp)
		switch {
		case err != nil:
			return answer{}, err
		case status == http.StatusCreated:
			return readAnswer(text, lines)
		case status != http.StatusServiceUnavailable:
			return answer{}, fmt.Errorf("load: the offer to %s: %d %.200s", direction, status, text)
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
	}
}

func (f *Field) credentials() credentials {
	return credentials{rand.Text()[:8], rand.Text()[:24], f.identity.fingerprint}
}

// Receive opens a receive connection. It returns when the connection is up; media may have come before. A light viewer
// only counts.
func (g *Guest) Receive(ctx context.Context, light bool) (*Viewer, error) {
	own := g.field.credentials()
	posted := g.field.Now()
	a, err := g.offered(ctx, "receive", receiveOffer(own), len(receiveLines))
	if err != nil {
		return nil, err
	}
	v := newViewer(g, a)
	v.posted = posted
	if v.link, err = newLink(g.field, v, own, a); err != nil {
		return nil, err
	}
	v.light, v.lose = light, g.field.Lose
	if err := v.connect(ctx); err != nil {
		v.close()
		return nil, err
	}
	v.mu.Lock()
	v.first.connected = g.field.Now().Sub(posted)
	v.mu.Unlock()
	g.field.mu.Lock()
	g.field.viewers = append(g.field.viewers, v)
	g.field.mu.Unlock()
	return v, nil
}

// Publish says that microphone and camera are on, and sends both from then on.
func (g *Guest) Publish(ctx context.Context) (*Publisher, error) {
	if _, err := g.form(ctx, g.path+"/devices", "mic", "yes", "camera", "yes", "screen", "no"); err != nil {
		return nil, err
	}
	var sources []source
	for range sendLines {
		sources = append(sources, source{random32(), random32()})
	}
	own := g.field.credentials()
	a, err := g.offered(ctx, "send", sendOffer(own, sources), len(sendLines))
	if err != nil {
		return nil, err
	}
	if !a.lines[microphone].taken || !a.lines[camera].taken {
		return nil, errors.New("load: the server takes neither microphone nor camera")
	}
	p := newPublisher(g, a, sources)
	if p.link, err = newLink(g.field, p, own, a); err != nil {
		return nil, err
	}
	if err := p.connect(ctx); err != nil {
		p.close()
		return nil, err
	}
	g.field.mu.Lock()
	g.field.publishers = append(g.field.publishers, p)
	g.field.mu.Unlock()
	return p, nil
}

// Hangup ends a viewer.
func (v *Viewer) Hangup() {
	v.close()
	f := v.field
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, x := range f.viewers {
		if x == v {
			f.viewers = append(f.viewers[:i], f.viewers[i+1:]...)
			return
		}
	}
}
