package browser

import (
	"encoding/json"
	"fmt"
)

// Busy says that another program has these devices of the person's machine (SitAt comes first), on every page opened from
// now on. Free gives them back on the page that is open. What a page asked for is counted in window.devicesAsked.
func (p *Page) Busy(names ...string) {
	p.t.Helper()
	text, err := json.Marshal(append([]string{}, names...))
	if err != nil {
		p.t.Fatal(err)
	}
	p.Before(fmt.Sprintf(busyDevices, text))
}

// Free ends the other program.
func (p *Page) Free() { p.t.Helper(); Value[int](p, `window.devicesBusy.length = 0`) }

const busyDevices = `{ const media = navigator.mediaDevices, real = media.getUserMedia.bind(media)
window.devicesBusy = %s
window.devicesAsked = 0
media.getUserMedia = async wanted => {
  window.devicesAsked++
  const stream = await real(wanted)
  if (!stream.getTracks().some(t => window.devicesBusy.includes(t.label))) return stream
  stream.getTracks().forEach(t => t.stop())
  throw new DOMException('Could not start video source', 'NotReadableError')
} }`
