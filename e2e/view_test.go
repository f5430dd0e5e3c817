package e2e

import (
	"fmt"
	"testing"

	"foyer/e2e/browser"
)

// figures keeps every peer connection, so that a test can ask what arrived in a slot, and what the page told of its view.
const figures = `{
  const Peer = RTCPeerConnection, peers = [], real = fetch
  window.RTCPeerConnection = class extends Peer { constructor(...o) { super(...o); peers.push(this) } }
  window.views = []
  window.fetch = (to, o) => { if (o?.method === 'PUT') views.push(JSON.parse(o.body)); return real(to, o) }
  window.arrived = async track => {
    for (const p of peers) for (const s of (await p.getStats()).values())
      if (s.type === 'inbound-rtp' && s.trackIdentifier === track.id) return s.packetsReceived
    return 0
  }
  const layers = async () => (await Promise.all(peers.map(async p => [...(await p.getStats()).values()]))).flat().filter(s => s.type === 'outbound-rtp' && s.rid)
  window.sent = async () => {
    const before = new Map((await layers()).map(s => [s.id, s.packetsSent]))
    await new Promise(r => setTimeout(r, 1000))
    return (await layers()).filter(s => s.packetsSent > (before.get(s.id) ?? 0)).map(s => s.rid + ' ' + s.frameWidth + 'x' + s.frameHeight).sort().join(', ')
  }
  window.gains = async (track, time) => { const before = await arrived(track); await new Promise(r => setTimeout(r, time)); return await arrived(track) - before }
  window.face = name => [...document.querySelectorAll('#people>li')].find(t => t.querySelector('b').textContent.includes(name))?.querySelector('video')?.srcObject.getTracks()[0]
  window.voiced = async time => (await Promise.all([0, 1, 2, 3].map(n => gains(document.getElementById('voice-' + n).srcObject.getTracks()[0], time)))).reduce((a, b) => a + b)
}`

// flows waits until packets of a track arrive, stops until none do for three seconds; sound goes on all the time.
func flows(p *browser.Page, what, track string) {
	p.Until(what+" to arrive", fmt.Sprintf(`gains(%s, 400).then(n => n > 1)`, track))
}

func stops(p *browser.Page, what, track string) {
	p.Until(what+" not to be sent any more", fmt.Sprintf(`Promise.all([gains(%s, 3000), voiced(3000)]).then(([seen, heard]) => seen === 0 && heard > 60)`, track))
}

// hide puts the tab behind another one, or in front again, as its page is told.
func hide(p *browser.Page, yes bool) {
	browser.Value[bool](p, fmt.Sprintf(`(Object.defineProperty(document, 'hidden', {configurable: true, get: () => %v}), document.dispatchEvent(new Event('visibilitychange')))`, yes))
}

// What nobody sees is not sent: a tile that was scrolled away, a tab behind another one. It comes back when it is seen.
func TestOnlyWhatIsSeenIsSent(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Town hall", "meeting")
	for i := range 18 {
		call(t, s).enter(room.link, fmt.Sprintf("Person %d", i+1))
	}
	ada := browser.Visit(t, wide)
	ada.SitAt(redDesk)
	ada.OnEveryPage(figures)
	come(ada, room.link, "Anna")
	ada.Resize(390, 500)
	bob := inside(t, wide, blueDesk, room.link, "Bob")
	scroll := func(to string) { browser.Value[int](ada, `document.getElementById('people').scrollTop = `+to) }
	const face, screen = `face('Bob')`, `document.querySelector('#screen video').srcObject.getTracks()[0]`

	scroll("1e6")
	seesColour(ada, "Bob", "blue")
	flows(ada, "Bob", face)
	scroll("0")
	stops(ada, "Bob", face)
	scroll("1e6")
	flows(ada, "Bob", face)
	seesColour(ada, "Bob", "blue")

	bob.Role("button", "Share").Click()
	seesScreen(ada, "red")
	hide(ada, true)
	stops(ada, "the screen", screen)
	stops(ada, "Bob", face)
	hide(ada, false)
	flows(ada, "the screen", screen)
	if n := browser.Value[int](ada, `views.length`); n > 40 {
		t.Errorf("the page told its view %d times", n)
	}
}

// The node is told how large pictures are, in steps, and whose is large; a page that is not touched says nothing.
func TestViewIsToldInSteps(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio stand-up", "meeting")
	ada := browser.Visit(t, wide)
	ada.SitAt(redDesk)
	ada.OnEveryPage(figures)
	come(ada, room.link, "Anna")
	ada.Until("a view of free slots", `Object.keys(views.at(-1)?.tiles ?? {}).length === 10`)
	inside(t, wide, blueDesk, room.link, "Bob")
	seesColour(ada, "Bob", "blue")
	const tile = `(v => [v.clientWidth, v.clientHeight].map(n => Math.ceil(n * devicePixelRatio / 32) * 32).join())([...document.querySelectorAll('#people>li:not(.mine) video')][0])`
	ada.Until("the size of Bob's tile", `Object.values(views.at(-1).tiles).every(size => size.join() === `+tile+`) && !views.at(-1).pinned.length`)
	told := browser.Value[int](ada, `views.length`)
	ada.Until("nothing new while nothing moves", fmt.Sprintf(`new Promise(r => setTimeout(() => r(views.length === %d), 2000))`, told))
	ada.Role("button", "Speaker view").Click()
	ada.Until("Bob in front", `views.at(-1).pinned.length === 1 && views.at(-1).tiles[views.at(-1).pinned[0]].join() === `+tile)
	hide(ada, true)
	ada.Until("nothing to be shown", `Object.keys(views.at(-1).tiles).length === 0`)
	hide(ada, false)
	ada.Until("Bob to be back", `views.at(-1).pinned.length === 1`)
}

// A camera goes out in the sizes that suit it, the largest whole; a small tile gets a small picture and a large one a large.
func TestLargeTilesGetLargePictures(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Town hall", "meeting")
	for i := range 18 {
		call(t, s).enter(room.link, fmt.Sprintf("Person %d", i+1))
	}
	bob := browser.Visit(t, wide)
	bob.OnEveryPage(figures)
	bob.Camera("blue", 660) // 640×360
	come(bob, room.link, "Bob")
	bob.Until("two sizes to be sent", `sent().then(s => s === 'h 640x360, q 320x180')`)
	ada := inside(t, wide, redDesk, room.link, "Anna")
	seesColour(ada, "Bob", "blue")
	width := func(is string) string {
		return `[...document.querySelectorAll('#people>li:not(.mine) video')].some(v => v.videoWidth && v.videoWidth ` + is + `)`
	}
	ada.Until("a small picture among many", width("<= 320"))
	ada.Role("button", "Speaker view").Click()
	ada.Until("a large picture of the speaker", width("> 320"))
	seesColour(ada, "Bob", "blue")
	ada.Role("button", "Speaker view").Click()
	ada.Until("a small picture again", width("<= 320"))
	bob.Role("button", "Stop camera").Click()
	bob.Role("button", "Start camera").Click()
	bob.Until("the same sizes of the next camera", `sent().then(s => s === 'h 640x360, q 320x180')`)
}

// A picture for which the line is too narrow says so, over what it showed last; it is said aloud once.
func TestPausedPicturesSayWhy(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio stand-up", "meeting")
	bob := inside(t, wide, redDesk, room.link, "Bob")
	for _, look := range []browser.Look{wide, dark, phone, night} {
		ada := inside(t, look, blueDesk, room.link, "Anna")
		seesColour(ada, "Bob", "red")
		pause := func(kind string, paused bool) {
			t.Helper()
			browser.Value[bool](ada, fmt.Sprintf(`(async () => { const {pass} = document.querySelector('#people>li:not(.mine)').dataset
  ;(await import('foyer/stage.js')).seat([{slot: 5, kind: 'camera', pass, paused: %v}, {slot: 14, kind: 'screen', pass: %q && pass, paused: %v}]); return true })()`, paused && kind == "camera", map[bool]string{true: "yes"}[kind == "screen"], paused))
		}
		const words = `[...document.querySelectorAll('#people>.paused .why')].map(w => w.innerText).join()`
		const where = `(b => [b.x, b.y, b.width, b.height].join())(document.querySelector('#people>li:not(.mine)').getBoundingClientRect())`
		before := browser.Value[string](ada, where)
		pause("camera", true)
		ada.Until("the words", words+` === 'Paused: slow connection'`)
		if after := browser.Value[string](ada, where); after != before {
			t.Errorf("the tile moved from %s to %s", before, after)
		}
		ada.Until("it to be said", `document.getElementById('said').textContent === 'Some pictures are paused: slow connection.'`)
		inspect(t, ada, "paused", look)
		pause("camera", false)
		ada.Until("the words to go", words+` === '' && !document.querySelector('.paused')`)
		browser.Value[string](ada, `document.getElementById('said').textContent = ''`)
		pause("screen", true)
		ada.Until("the words on the screen", `document.querySelector('#screen.paused .why').innerText === 'Paused: slow connection'`)
		inspect(t, ada, "paused-screen", look)
		if again := browser.Value[string](ada, `document.getElementById('said').textContent`); again != "" {
			t.Errorf("it is said again: %q", again)
		}
		ada.Role("button", "Leave").Click()
		tiles(bob, "Bob") // nothing of her moves the slots of the next one
	}
}
