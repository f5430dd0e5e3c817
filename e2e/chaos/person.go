package main

import (
	"context"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// person is somebody with a browser: cookies of their own, forms filled in as they stand in the page, redirects looked at
// before they are followed.
type person struct {
	http *http.Client
	base string
}

// connection is how people of one household reach Foyer: from a loopback address of their own.
func connection(household int) *http.Transport {
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 1+byte(household/250), 1+byte(household%250))}
	return &http.Transport{DialContext: (&net.Dialer{LocalAddr: from, Timeout: patience}).DialContext, MaxIdleConnsPerHost: 2, DisableCompression: true}
}

// visitor is a browser that has never been here.
func visitor(t *http.Transport, base string) *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it has no way to fail without options
	}
	return &person{base: base, http: &http.Client{Transport: t, Jar: jar, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is what came back, whole.
type answer struct {
	status   int
	location string
	body     string
}

func (a answer) String() string {
	if a.location != "" {
		return fmt.Sprintf("%d to %s", a.status, a.location)
	}
	return fmt.Sprint(a.status)
}

// get loads a page; an address with a host is taken as it is, as from a mail.
func (p *person) get(ctx context.Context, address string) (answer, error) {
	if strings.HasPrefix(address, "/") {
		address = p.base + address
	}
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, err
	}
	ask.Header.Set("Sec-Fetch-Site", "none")
	return p.do(ask)
}

// post sends a form of a page of ours.
func (p *person) post(ctx context.Context, path string, form url.Values) (answer, error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask.Header.Set("Origin", p.base)
	ask.Header.Set("Sec-Fetch-Site", "same-origin")
	ask.Header.Set("Sec-Fetch-Mode", "navigate")
	return p.do(ask)
}

func (p *person) do(ask *http.Request) (answer, error) {
	ask.Header.Set("Accept", "text/html")
	got, err := p.http.Do(ask)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close()
	a := answer{status: got.StatusCode, location: got.Header.Get("Location")}
	if a.status == http.StatusSeeOther {
		return a, nil // the status line is the acknowledgement, whatever becomes of the rest
	}
	text, err := io.ReadAll(got.Body)
	a.body = string(text)
	return a, err
}

// fill reads the form with the given action off a page, with all that it holds already.
func (p *person) fill(ctx context.Context, page, action string) (url.Values, error) {
	a, err := p.get(ctx, page)
	if err != nil {
		return nil, err
	}
	_, rest, found := strings.Cut(a.body, `action="`+html.EscapeString(action)+`"`)
	text, _, ended := strings.Cut(rest, "</form>")
	if a.status != http.StatusOK || !found || !ended {
		return nil, fault{fmt.Sprintf("GET %s: %v, without the form %s", page, a, action)}
	}
	form := url.Values{}
	for _, tag := range inputs.FindAllString(text, -1) {
		if name := attribute(tag, "name"); name != "" && (!boxes.MatchString(tag) || strings.Contains(tag, " checked")) {
			form.Set(name, attribute(tag, "value"))
		}
	}
	return form, nil
}

var (
	inputs = regexp.MustCompile(`<input[^>]*>`)
	boxes  = regexp.MustCompile(` type="(radio|checkbox)"`)
)

func attribute(tag, name string) string {
	_, rest, found := strings.Cut(tag, " "+name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	if !found {
		return ""
	}
	return html.UnescapeString(value)
}

// signIn is the sign-in form with the password.
func (p *person) signIn(ctx context.Context, email, password string) error {
	form, err := p.fill(ctx, "/sign-in", "/sign-in")
	if err != nil {
		return err
	}
	form.Set("email", email)
	form.Set("password", password)
	a, err := p.post(ctx, "/sign-in", form)
	if err == nil && (a.status != http.StatusSeeOther || a.location != "/") {
		err = fault{fmt.Sprintf("sign-in of %s: %v", email, a)}
	}
	return err
}

// fault is an answer that nobody should get, whatever was killed.
type fault struct{ what string }

func (f fault) Error() string { return f.what }

// pause is a short breath before asking again.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
