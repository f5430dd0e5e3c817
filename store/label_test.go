package store_test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"foyer/meet"
	"foyer/store"
)

func (p *person) entersAs(r meet.Room, l meet.Label, more ...func(*store.Entering)) store.Entered {
	p.h.t.Helper()
	e, err := p.triesAs(r, l, more...)
	if err != nil {
		p.h.t.Fatal(err)
	}
	return e
}

func (p *person) triesAs(r meet.Room, l meet.Label, more ...func(*store.Entering)) (store.Entered, error) {
	in := store.Entering{Slug: r.Slug, Label: l, Ask: true}
	for _, f := range more {
		f(&in)
	}
	return do(p.h, p.by(""), store.EnterRoom, in)
}

// offered is what the next lobby fills in.
func (p *person) offered(want meet.Label) {
	p.h.t.Helper()
	if got := store.LabelFor(p.who()); got != want {
		p.h.t.Errorf("the lobby offers %+v, want %+v", got, want)
	}
}

func (p *person) leaves(r meet.Room) {
	p.h.t.Helper()
	p.h.must(do(p.h, p.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
}

// What a guest typed is remembered by the browser, in every room; what somebody signed in typed, by the account.
func TestLabelsAreRememberedWhereTheyBelong(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	r, other := ada.room("Office", meet.Meeting), ada.room("Other", meet.Webinar)
	bob := h.guest()
	bob.offered(meet.Label{})
	guest := meet.Label{Name: "Bobby", Headline: "a guest", Colour: 3}
	bob.entersAs(r, meet.Label{Name: "  Bobby ", Headline: "a\nguest", Colour: 3})
	bob.offered(guest)
	if people, _ := h.People(t.Context(), r.ID); people[0].Label != guest {
		t.Errorf("%+v", people[0])
	}
	bob.entersAs(other, meet.Label{Name: "Bobby", Headline: "a guest", Colour: 3})
	bob.leaves(r)

	id, err := do(h, machine, store.AddAccount, store.NewAccount{Email: "bob@example.org", Name: "Robert", Password: "p"})
	h.must(id, err)
	signIn := func(p *person) {
		t.Helper()
		h.must(do(h, p.by(""), store.SignIn, store.Entry{Account: id, Password: "p", Token: p.token}))
	}
	signIn(bob)
	bob.offered(meet.Label{Name: "Robert"}) // the account's own name, until it typed another
	account := meet.Label{Name: "Dr. Bob", Headline: "Engines", Colour: 12}
	bob.entersAs(r, account)
	bob.offered(account)
	laptop := h.guest()
	signIn(laptop)
	laptop.offered(account) // with the account, anywhere

	fresh := h.guest().token
	h.must(do(h, bob.by(""), store.SignOut, fresh))
	bob.token = fresh
	bob.offered(guest) // a shared machine tells the next guest nothing of the account
	shared := h.guest()
	signIn(shared)
	shared.entersAs(r, account)
	fresh = h.guest().token
	h.must(do(h, shared.by(""), store.SignOut, fresh))
	shared.token = fresh
	shared.offered(meet.Label{})
}

// A label typed while asking is remembered, too, and a new one is on the card at once.
func TestALabelAtTheDoor(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob := h.guest()
	e := bob.entersAs(r, meet.Label{Name: "Bob", Headline: "of Engines", Colour: 7})
	bob.offered(meet.Label{Name: "Bob", Headline: "of Engines", Colour: 7})
	h.said()
	bob.entersAs(r, meet.Label{Name: "Robert", Colour: 1})
	h.hears(queueTopics(r)...)
	knocks, _ := h.Knocks(t.Context(), r.ID)
	if len(knocks) != 1 || knocks[0].Name != "Robert" || knocks[0].Headline != "" || knocks[0].Colour != 1 {
		t.Errorf("%+v", knocks)
	}
	h.must(nil, ada.decides(r, true, e.Pass))
	h.streams(ids(e.Pass), nil)
	h.sees(r, "Ada", "Robert")
}

// Decision 28: a host's name gets a suffix in the room, which is not what the guest typed.
func TestTheSuffixIsNotRemembered(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	for range 2 {
		bob.entersAs(r, meet.Label{Name: "Ada"})
		h.sees(r, "Ada (guest)")
		bob.offered(meet.Label{Name: "Ada"})
		bob.leaves(r)
	}
	ada.locks(r, true)
	bob.entersAs(r, meet.Label{Name: "aDA"})
	h.knocking(r, "aDA (guest)")
	ada.locks(r, false)
	bob.leaves(r)
	for _, name := range []string{"Ada\ufe00", "A\u200bda", "Ada\u3164", "\u202eAda", "Ada\u2800", "A\u00adda", "Ada\u200d", " ada "} { // the same to the eye
		bob.entersAs(r, meet.Label{Name: name})
		if names := h.inside(r); len(names) != 1 || !strings.HasSuffix(names[0], " (guest)") {
			t.Errorf("%q passes for the host as %q", name, names)
		}
		bob.leaves(r)
	}
}

func TestLabelsAreRefusedWhole(t *testing.T) {
	t.Parallel()
	h := open(t)
	r, bob := h.host("ada").room("Office", meet.Meeting), h.guest()
	bob.entersAs(r, meet.Label{Name: "Bob"})
	for _, l := range []meet.Label{
		{}, {Name: " \u200b"}, {Name: strings.Repeat("x", 81)}, {Name: "Bob", Headline: strings.Repeat("x", 81)}, {Name: "Bob", Headline: "https://x"}, {Name: "http://x"},
		{Name: "Bob", Colour: 13}, {Name: "Bob", Colour: -1}, {Name: "Bob", Colour: 1 << 40},
	} {
		_, err := bob.triesAs(r, l)
		h.refused(meet.Invalid, err)
	}
	bob.offered(meet.Label{Name: "Bob"})
	h.sees(r, "Bob")
	for colour := range 13 {
		bob.entersAs(r, meet.Label{Name: "Bob", Colour: colour})
		if people, _ := h.People(t.Context(), r.ID); people[0].Colour != colour || people[0].Swatch() < 1 || people[0].Swatch() > 12 || colour > 0 && people[0].Swatch() != colour {
			t.Errorf("%d: %+v", colour, people[0])
		}
	}
}

// Three hundred people come in with hostile labels: what others are shown is printable, has no way to hide or to turn
// round, and whoever is refused is refused for a reason.
func TestHostileLabels(t *testing.T) {
	t.Parallel()
	h := open(t)
	r := h.host("ada").room("Office", meet.Meeting)
	rnd := rand.New(rand.NewPCG(3, 4))
	var group sync.WaitGroup
	guests := map[meet.Label]*person{}
	for len(guests) < 300 {
		typed := meet.Label{Name: hostileText(rnd), Headline: hostileText(rnd)}
		guests[typed] = h.guest()
	}
	for typed, p := range guests {
		group.Go(func() {
			if _, err := p.triesAs(r, typed); err != nil {
				h.refused(meet.Invalid, err)
			}
		})
	}
	group.Wait()
	remembered := map[meet.Label]bool{}
	for typed, p := range guests {
		shown := p.who().Browser.Label
		for _, c := range shown.Name + shown.Headline {
			if c == '\u200d' || c == '\ufe0f' { // pictures are made with them; meet tests where they may stand
				continue
			}
			if c == '\u2800' || unicode.In(c, unicode.C, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
				t.Errorf("%+q is shown as %+q with %U", []string{typed.Name, typed.Headline}, shown.Name+shown.Headline, c)
			}
		}
		remembered[shown] = true
	}
	people, err := h.People(t.Context(), r.ID)
	if err != nil || len(people) < 250 {
		t.Errorf("%d came in, %v", len(people), err)
	}
	for _, p := range people {
		if !remembered[p.Label] || p.Name == "" {
			t.Errorf("%+q is inside, and remembered by nobody", p.Name)
		}
	}
}

func hostileText(rnd *rand.Rand) string {
	pieces := []rune("aÄ李 \n\t👩🏽☕^\u200d\u200c\ufe0f\ufe00\u202e\u2066\u2069\u200f\u200b\ufeff\u2060\u00ad\u034f\u115f\u17b4\u180b\u180e\u2800\u3164\uffa0\u0000\u001b\u0085\u2028\U000e0041\U000e0100<>'\"&{}")
	s := make([]rune, 1+rnd.IntN(20))
	for i := range s {
		s[i] = pieces[rnd.IntN(len(pieces))]
	}
	return string(s)
}

// A new label inside is told to everybody inside.
func TestANewLabelInside(t *testing.T) {
	t.Parallel()
	h := open(t)
	r, bob := h.host("ada").room("Office", meet.Meeting), h.guest()
	bob.entersAs(r, meet.Label{Name: "Bob"})
	h.later(time.Second)
	h.said()
	bob.entersAs(r, meet.Label{Name: "Bob", Headline: "back", Colour: 5})
	h.hears(store.PeopleTopic(r.ID))
	if people, _ := h.People(t.Context(), r.ID); people[0].Headline != "back" || people[0].Colour != 5 {
		t.Errorf("%+v", people)
	}
}
