package handlers

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"foyer/meet"
	"foyer/picture"
	"foyer/store"
)

// How much a form with a picture may carry (decision 27). What is longer is read to its end, up to a point, and thrown
// away, because a browser that is cut off in the middle shows an error of its own instead of our words.
const (
	longestUpload = 48 << 20 // bytes
	uploadWait    = 60 * time.Second
)

// file is what a form brought under one name.
type file struct {
	bytes []byte
	over  bool // more than picture.MostBytes; the bytes are gone
	late  bool // there was no place for it; the bytes are gone
}

// readUpload reads a form part by part, so that a picture too large costs nothing that was typed beside it.
func (v *visit) readUpload() error {
	kind, _, _ := mime.ParseMediaType(v.Request().Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return nil // a form without a file field; FormParams reads it
	}
	rc := http.NewResponseController(v.Response())
	_ = rc.SetReadDeadline(time.Time{}) // the server's own is for forms without a picture
	defer time.AfterFunc(uploadWait, func() { _ = rc.SetReadDeadline(time.Unix(1, 0)) }).Stop()
	parts, err := v.Request().MultipartReader()
	if err != nil {
		return badForm(err)
	}
	values := url.Values{}
	for left := longestBody; ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			v.keepForm(values)
			return nil
		}
		if err != nil {
			return badForm(err)
		}
		if part.FileName() != "" {
			err = v.readFile(part)
		} else {
			left, err = readField(part, values, left)
		}
		if err != nil {
			return badForm(err)
		}
	}
}

// imageField is the one field of a form that may bring a file; others are read over.
const imageField = "image"

func (v *visit) readFile(part *multipart.Part) error {
	in := bufio.NewReader(part)
	if _, err := in.Peek(1); part.FormName() != imageField || v.files[imageField].brought() || errors.Is(err, io.EOF) {
		_, err := io.Copy(io.Discard, in) // a field that was left empty comes as a file without a byte
		return err
	}
	f, err := v.shelve(in)
	v.files = map[string]file{imageField: f}
	if err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	return err
}

// shelve reads a file into memory, if there is a place for it.
func (v *visit) shelve(in io.Reader) (file, error) {
	from := network(v.RealIP())
	if ip, err := netip.ParseAddr(v.RealIP()); err == nil && ip.IsLoopback() {
		from = v.token // behind a proxy that the operator did not name is everybody
	}
	if v.unshelve = v.s.shelf.take(v.ctx(), from); v.unshelve == nil {
		return file{late: true}, nil
	}
	var b bytes.Buffer
	b.Grow(int(max(0, min(v.Request().ContentLength, picture.MostBytes))) + bytes.MinRead) // once, or growing would cost as much again
	if _, err := b.ReadFrom(io.LimitReader(in, picture.MostBytes+1)); err != nil {
		return file{}, err
	}
	if b.Len() > picture.MostBytes {
		return file{over: true}, nil
	}
	return file{bytes: b.Bytes()}, nil
}

func (f file) brought() bool { return f.over || f.late || len(f.bytes) > 0 }

// leaveShelf makes room for the next file, once this request is answered.
func (v *visit) leaveShelf() {
	if v.unshelve != nil {
		v.unshelve()
	}
}

// fieldCosts is what one field takes in memory beside its name and value, in bytes: a million empty ones are not free.
const fieldCosts = 200

func readField(part *multipart.Part, values url.Values, left int) (int, error) {
	if left -= len(part.FormName()) + fieldCosts; left < 0 {
		return left, &http.MaxBytesError{Limit: longestBody}
	}
	b, err := io.ReadAll(io.LimitReader(part, int64(left)+1))
	if left -= len(b); left < 0 {
		return left, &http.MaxBytesError{Limit: longestBody}
	}
	values.Add(part.FormName(), string(b))
	return left, err
}

func (v *visit) keepForm(values url.Values) {
	r := v.Request()
	r.MultipartForm = &multipart.Form{Value: values}
	r.PostForm, r.Form = values, url.Values{}
	for _, from := range []url.Values{values, r.URL.Query()} {
		for k, list := range from {
			r.Form[k] = append(r.Form[k], list...)
		}
	}
}

// pictures makes what a field's file is wanted for; nil when the field was left empty.
func (v *visit) pictures(field string, kinds ...picture.Kind) ([]*store.Picture, error) {
	f, ok := v.files[field]
	if !ok {
		return nil, nil
	}
	if f.over {
		return nil, picture.TooLarge(field)
	}
	if f.late {
		return nil, &meet.Error{Code: meet.Busy, Field: field, Message: "Many pictures arrive at this moment. Go on without one, or choose it again in a minute."}
	}
	if err := v.s.limits.upload(v, field); err != nil {
		return nil, err
	}
	made, err := picture.Make(v.ctx(), field, f.bytes, kinds...)
	var list []*store.Picture
	for _, p := range made {
		list = append(list, &store.Picture{Hash: p.Hash, Type: p.Type, Bytes: p.Bytes})
	}
	return list, err
}

// upload counts one picture of somebody without an account: twenty an hour from one network.
func (l limits) upload(v *visit, field string) error {
	from, err := netip.ParseAddr(v.RealIP())
	if v.who.Account.ID != "" || err == nil && from.IsLoopback() {
		return nil
	}
	if ok, err := l.uploads.Allow(network(v.RealIP())); !ok || err != nil {
		return &meet.Error{Code: meet.TooMany, Field: field, Message: "Many pictures came from your network in the last hour. Join without one, or try again later."}
	}
	return nil
}

// image is a picture that somebody sent, as it was kept. Its address is its hash, so it never changes.
func (s *Server) image(v *visit) error {
	p, err := s.Store.Picture(v.ctx(), clip(v.Param("hash"), 65))
	if err != nil {
		return err
	}
	h := v.Response().Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	return v.Blob(http.StatusOK, p.Type, p.Bytes)
}
