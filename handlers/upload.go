package handlers

import (
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

func (v *visit) readFile(part *multipart.Part) error {
	b, err := io.ReadAll(io.LimitReader(part, picture.MostBytes+1))
	if err != nil {
		return err
	}
	f := file{bytes: b}
	if len(b) > picture.MostBytes {
		f = file{over: true}
		_, err = io.Copy(io.Discard, part)
	}
	if v.files == nil {
		v.files = map[string]file{}
	}
	if len(b) > 0 {
		v.files[clip(part.FormName(), 64)] = f
	}
	return err
}

func readField(part *multipart.Part, values url.Values, left int) (int, error) {
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
	p, err := s.Store.Picture(v.ctx(), clip(v.Param("hash"), 64))
	if err != nil {
		return err
	}
	h := v.Response().Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	return v.Blob(http.StatusOK, p.Type, p.Bytes)
}
