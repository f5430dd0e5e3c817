package meet

import (
	"net/mail"
	"strings"
	"unicode/utf8"
)

// Email checks an address and gives the key under which it is the same person again: ASCII local part in lower case, a
// domain in lower case. Plus-tags are distinct; a local part outside ASCII is refused with a message (decision 6).
func Email(typed string) (address, key string, err error) {
	address = strings.TrimSpace(typed)
	if address == "" {
		return "", "", Wrong("email", "Enter an email address.")
	}
	parsed, perr := mail.ParseAddress(address)
	at := strings.LastIndexByte(address, '@')
	if perr != nil || parsed.Name != "" || parsed.Address != address || at < 1 || utf8.RuneCountInString(address) > LongestEmail {
		return "", "", Wrong("email", "This is not an email address. It looks like name@example.org.")
	}
	local, domain := address[:at], strings.TrimSuffix(address[at+1:], ".")
	if !ascii(local) || !ascii(domain) {
		return "", "", Wrong("email", "Letters outside A–Z in an address do not work here yet. Use the plain form of the address.")
	}
	if !strings.Contains(domain, ".") && domain != "localhost" || strings.ContainsAny(domain, "[]") {
		return "", "", Wrong("email", "The part behind the @ is not a full domain. It looks like example.org.")
	}
	return address, strings.ToLower(local) + "@" + strings.ToLower(domain), nil
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf || s[i] <= ' ' {
			return false
		}
	}
	return true
}
