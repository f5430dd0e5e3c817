package e2e

import (
	"fmt"
	"testing"

	"foyer/e2e/browser"
)

// A webinar ends while the dialog that cancels it is open: the page says why nothing happened, and keeps the host's words.
func TestCancellingTooLate(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	v := owner(t, s)
	for _, look := range []browser.Look{wide, night} {
		g := v.gathers("Light in small rooms")
		g.registers(t, s, "Marta Oliveira", "My own home")
		v.must(g.page+"/start", "sure", "yes")
		v.enter("/r/"+g.slug, "Ada Lindqvist")()
		ada := browser.Visit(t, look)
		signIn(s, ada)
		ada.Open(s.URL + g.page)
		ada.Role("button", "Cancel webinar").Click()
		dialog := ada.Role("dialog", "Cancel webinar")
		dialog.Field("Message").Fill("Snow, and no train.\nSee you in spring.")
		v.must("/r/" + g.slug + "/end")
		ada.Expect("409")
		dialog.Role("button", "Cancel webinar").Click()
		ada.SeesText("This webinar is over. Duplicate it to hold it again.")
		ada.SeesText("See you in spring.")
		inspect(t, ada, "webinar-cancel-too-late", look)
		ada.Close()
	}
}

// A house of webinars only, searched for what is not there, says so at once, and stops saying it when something comes.
func TestSearchWithoutRooms(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	v := owner(t, s)
	for i := range 8 {
		v.plans(fmt.Sprintf("Talk %d", i+1), i+1)
	}
	ada := browser.Visit(t, wide)
	signIn(s, ada)
	const said, none = `(document.getElementById('none')?.checkVisibility() ?? false)`, "No room or webinar is called “orchard”. Show all"
	ada.Until("nothing is said", `document.querySelectorAll('.event').length === 8 && !`+said)
	ada.Field("Search").Fill("orchard")
	ada.SeesText(none)
	ada.Field("Search").Fill("talk 3")
	ada.Until("one is found", `!`+said+` && [...document.querySelectorAll('.event')].filter(e => e.checkVisibility()).length === 1`)
	ada.Field("Search").Fill("orchard")
	ada.Press("\r")
	ada.At("q=orchard")
	ada.SeesText(none)
	inspect(t, ada, "home-no-webinar-found", wide)
	v.plans("An orchard in winter", 3)
	ada.Until("it came", `!`+said+` && document.querySelectorAll('.event').length === 1`)
	ada.Field("Search").Fill("an orchard in spring")
	ada.SeesText("is called “an orchard in spring”")
	ada.Role("link", "Show all").Click()
	ada.Until("all", `document.querySelectorAll('.event').length === 9 && !`+said)
}
