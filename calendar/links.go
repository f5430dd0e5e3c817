package calendar

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Links open a calendar's own form for a new entry, filled in. What people save there is theirs: it is never updated and
// stands beside the invite, so these belong behind "No invite in your mail?" with that warning. None of the addresses is
// documented by its owner; each breaks at times.
type Links struct{ Google, Outlook, Office365, Yahoo string }

// longestDetails is how many octets of description a link carries, encoded: servers refuse long addresses, and two
// kilobytes for all of it is the least that some take.
const longestDetails = 1200

// AddLinks makes the links of an entry. They carry the personal link: show them only to whoever has it. Errors are those
// of Download.
func AddLinks(e Entry) (Links, error) {
	if _, err := Download(e); err != nil {
		return Links{}, err
	}
	title, end := line(e.Title), e.Start.Add(e.Duration)
	plain := query("location", e.Link)
	outlook := "path=/calendar/action/compose&rru=addevent" + query("subject", title) +
		query("startdt", e.Start.UTC().Format(time.RFC3339)) + query("enddt", end.UTC().Format(time.RFC3339)) +
		"&body=" + details(e.words(), richly) + plain
	return Links{
		Google: "https://calendar.google.com/calendar/render?action=TEMPLATE" + query("text", title) +
			fmt.Sprintf("&dates=%s/%s", utc(e.Start), utc(end)) + "&details=" + details(e.words(), escape) + plain,
		Outlook:   "https://outlook.live.com/calendar/0/deeplink/compose?" + outlook,
		Office365: "https://outlook.office.com/calendar/0/deeplink/compose?" + outlook,
		Yahoo: "https://calendar.yahoo.com/?v=60" + query("title", title) + query("st", utc(e.Start)) + query("et", utc(end)) +
			"&desc=" + details(e.words(), escape) + query("in_loc", e.Link),
	}, nil
}

func query(name, value string) string { return "&" + name + "=" + escape(value) }

// escape encodes a value; a space is %20, because Outlook shows the + of forms as a +.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// richly is for Outlook, whose body is HTML: it drops plain line breaks and what looks like a tag
// (InteractionDesignFoundation/add-event-to-calendar-docs#14, #60).
func richly(s string) string { return escape(strings.ReplaceAll(html.EscapeString(s), "\n", "<br>")) }

// details encodes as much of s as a link may carry, character by character, and marks that there was more.
func details(s string, encode func(string) string) string {
	if all := encode(s); len(all) <= longestDetails {
		return all
	}
	more := encode("…")
	var b strings.Builder
	for len(s) > 0 {
		_, n := utf8.DecodeRuneInString(s)
		next := encode(s[:n])
		if b.Len()+len(next)+len(more) > longestDetails {
			break
		}
		b.WriteString(next)
		s = s[n:]
	}
	return b.String() + more
}
