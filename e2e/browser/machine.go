package browser

import (
	"encoding/json"

	"github.com/chromedp/cdproto/page"
)

// Machine is what somebody sits at: cameras that show a colour each, microphones that hum at a pitch each, speakers, and a
// screen to share. The first of each kind is what the browser takes when it is not told which.
type Machine struct {
	Cameras     []string `json:"cameras"`     // colours as in CSS; also their names and ids
	Microphones []int    `json:"microphones"` // hertz; named "440 Hz"
	Speakers    []string `json:"speakers"`
	Screen      string   `json:"screen"`      // its colour, "" = this browser cannot share
	ScreenSound int      `json:"screenSound"` // hertz, 0 = no sound with it
}

// SitAt puts this person at a machine, on every page opened from now on. A test unplugs what is named
// (machine.unplug('red')), plugs it in again (machine.plug('red')), and presses the browser's own button against sharing
// (machine.stopSharing()).
func (p *Page) SitAt(m Machine) {
	p.t.Helper()
	data, err := json.Marshal(m)
	if err == nil {
		_, err = call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: "(" + deskOf + ")(" + string(data) + ")"})
	}
	if err != nil {
		p.t.Fatalf("sit at a machine: %v", err)
	}
}

const deskOf = `m => {
  const devices = navigator.mediaDevices
  if (!devices) return
  const gone = new Set(), open = []
  let shared = null
  const colour = name => {
    const canvas = document.createElement('canvas'), brush = canvas.getContext('2d')
    canvas.width = 640; canvas.height = 360
    let n = 0 // painted anew all the time, because a canvas that does not change gives no frames
    setInterval(() => { brush.fillStyle = name; brush.fillRect(0, 0, 640, 360); brush.fillStyle = '#fff'; brush.fillRect(n++ % 640, 350, 4, 4) }, 50)
    return canvas.captureStream(10).getVideoTracks()[0]
  }
  const hum = hertz => {
    const context = new AudioContext(), tone = new OscillatorNode(context, {frequency: hertz}), out = new MediaStreamAudioDestinationNode(context)
    tone.connect(out); tone.start()
    for (const press of ['pointerup', 'keydown']) addEventListener(press, () => context.resume(), true) // silent before, as all a page makes
    return out.stream.getAudioTracks()[0]
  }
  const list = () => [
    ...(m.cameras ?? []).map((c, i) => ({kind: 'videoinput', deviceId: c, label: c, groupId: '', make: () => colour(c), facing: ['user', 'environment'][i] })),
    ...(m.microphones ?? []).map(h => ({kind: 'audioinput', deviceId: h + ' Hz', label: h + ' Hz', groupId: '', make: () => hum(h)})),
    ...(m.speakers ?? []).map(s => ({kind: 'audiooutput', deviceId: s, label: s, groupId: ''})),
  ].filter(d => !gone.has(d.deviceId))
  const take = (kind, wanted) => {
    const all = list().filter(d => d.kind === kind), exact = wanted.deviceId?.exact
    const one = exact ? all.find(d => d.deviceId === exact) : all.find(d => d.deviceId === wanted.deviceId?.ideal) ?? all.find(d => d.facing && d.facing === wanted.facingMode?.ideal) ?? all[0]
    if (!one) throw new DOMException('no such device', all.length ? 'OverconstrainedError' : 'NotFoundError')
    const track = one.make()
    track.getSettings = () => ({deviceId: one.deviceId, ...one.facing && navigator.maxTouchPoints ? {facingMode: one.facing} : {}})
    Object.defineProperty(track, 'label', {value: one.label})
    open.push([one.deviceId, track])
    return track
  }
  devices.enumerateDevices = async () => list()
  devices.getUserMedia = async wanted => new MediaStream([wanted.audio && take('audioinput', wanted.audio), wanted.video && take('videoinput', wanted.video)].filter(Boolean))
  if (m.screen) devices.getDisplayMedia = async wanted => {
    shared = new MediaStream([colour(m.screen)])
    if (wanted.audio && m.screenSound) shared.addTrack(hum(m.screenSound))
    return shared
  }
  else delete MediaDevices.prototype.getDisplayMedia
  const end = track => { track.stop(); track.dispatchEvent(new Event('ended')) }
  const changed = () => devices.dispatchEvent(new Event('devicechange'))
  window.machine = {
    unplug(id) { gone.add(id); for (const [from, track] of open) if (from === id && track.readyState === 'live') end(track); changed() },
    plug(id) { gone.delete(id); changed() },
    stopSharing() { shared.getTracks().forEach(end) },
    lit: () => open.filter(([, track]) => track.readyState === 'live').map(([id]) => id).sort(), // what is in use
  }
  HTMLMediaElement.prototype.setSinkId = async function(id) { if (id && !list().some(d => d.kind === 'audiooutput' && d.deviceId === id)) throw new DOMException('', 'NotFoundError'); this.at = id }
  Object.defineProperty(HTMLMediaElement.prototype, 'sinkId', {get() { return this.at ?? '' }})
}`
