package meet

import "errors"

// Code says what kind of refusal an Error is. Handlers turn it into a status, a page or a fragment.
type Code string

// The codes. Anything that is not an *Error is Internal: it is logged, and the visitor reads only a request id.
const (
	Invalid   Code = "invalid"   // the input is wrong: 422 with the same form, the message beside Field
	SignIn    Code = "sign-in"   // an account is needed: to the sign-in page and back
	NotHere   Code = "not-here"  // gone, renewed, never existed or not yours: one page, 404
	Forbidden Code = "forbidden" // you are in, but may not do this: 403
	Conflict  Code = "conflict"  // the state moved meanwhile: 409
	TooMany   Code = "too-many"  // a limit was reached: 429
	Busy      Code = "busy"      // cannot take writes now, try again: 503
	Internal  Code = "internal"  // ours to mend: 500
)

// Error is a refusal that a person reads. Message is a whole sentence that says how to mend it; Field is the name of
// the form field it belongs to, or "".
type Error struct {
	Code    Code
	Message string
	Field   string
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Wrong is a refusal of one field's content.
func Wrong(field, message string) *Error { return &Error{Invalid, message, field} }

// Refuse is a refusal that belongs to no field.
func Refuse(code Code, message string) *Error { return &Error{Code: code, Message: message} }

// ErrNotHere is the one answer for what is gone, renewed, never existed or belongs to somebody else. It names nobody.
var ErrNotHere = Refuse(NotHere, "This address leads nowhere now.")

// CodeOf tells the code of an error, Internal for everything that is not an *Error.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}
