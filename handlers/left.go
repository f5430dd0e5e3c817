package handlers

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"

	"foyer/views"
)

// What a form held when its sign-in was over travels in the address of the sign-in page, and from there in the address that
// leads back: no node has to remember what strangers type. Short fields stand there as they are. The forms of webinars hold
// thousands of letters, each of which would be up to fifteen bytes of an address within an address; they are packed.

const (
	longestLeft = 7000    // bytes: servers in between take addresses of some 8,000
	mostLeft    = 1 << 18 // bytes that are unpacked: more than any form holds
)

// pack writes fields for an address: JSON, deflated (RFC 1951), in the letters of RFC 4648 section 5. Where that is too
// long the longest field stays behind, and then the next one.
func pack(typed map[string]string) string {
	for {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, flate.DefaultCompression) // the level is a valid one
		_ = json.NewEncoder(w).Encode(typed)                  // strings into memory
		_ = w.Close()
		if s := base64.RawURLEncoding.EncodeToString(b.Bytes()); len(s) <= longestLeft {
			return s
		}
		longest := ""
		for name := range typed {
			if len(typed[name]) > len(typed[longest]) {
				longest = name
			}
		}
		delete(typed, longest)
	}
}

// unpack reads them again; what pack did not write is nothing.
func unpack(s string) (typed map[string]string) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || json.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(b)), mostLeft)).Decode(&typed) != nil {
		return nil
	}
	return typed
}

// left is what a form held when a sign-in that was over came in between. A field that was left empty on purpose is empty
// again where all of them were packed.
func (v *visit) left(fields ...string) views.Form {
	typed, packed := map[string]string{}, unpack(v.QueryParam("left"))
	for _, f := range fields {
		if x, ok := packed[f]; ok {
			typed[f] = x
		} else if x := v.QueryParam(f); x != "" {
			typed[f] = x
		}
	}
	return views.Form{Typed: typed}
}

// longForm is the page of a form that was sent and holds much, and its fields; "" for other forms.
func (v *visit) longForm() (page string, fields []string) {
	switch v.Path() {
	case "/events":
		return views.NewEvent, eventFields
	case "/events/:id/edit":
		return views.EventEdit(v.id()), changeFields
	case "/events/:id/cancel":
		return views.Event(v.id()) + "?open=cancel", cancelFields
	case "/events/:id/duplicate":
		return views.Event(v.id()) + "?open=duplicate", copyFields
	case "/events/:id/fields":
		return views.EventFields(v.id()), fieldFields
	case "/events/:id/fields/:field":
		return views.EventField(v.id(), v.fieldID()), fieldFields
	case "/rooms/:id/invitations":
		return views.Invitations(v.id()), []string{"name", "role"} // somebody else's address has no business in ours
	}
	return "", nil
}

// withLeft is an address with what was typed into the form that stands there.
func (v *visit) withLeft(page string, fields []string) string {
	sign := "?"
	if strings.Contains(page, sign) {
		sign = "&"
	}
	return page + sign + "left=" + pack(v.typed(fields...))
}
