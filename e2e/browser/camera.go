package browser

import (
	"fmt"
	"slices"

	"github.com/chromedp/cdproto/page"
)

// Camera gives this person a camera that shows one colour ("rgb(200,0,0)") and a microphone that hums at a pitch in
// hertz, on every page opened from now on. Chromium's own fake camera shows everybody the same; these can be told apart
// on the other side, in decoded pictures and sound.
func (p *Page) Camera(colour string, hertz int) {
	p.t.Helper()
	script := fmt.Sprintf(ownDevices, colour, hertz)
	if _, err := call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		p.t.Fatalf("camera: %v", err)
	}
}

// The canvas is painted anew all the time, because a canvas that does not change gives no frames.
const ownDevices = `navigator.mediaDevices.getUserMedia = async wanted => {
  const stream = new MediaStream()
  if (wanted.video) {
    const canvas = document.createElement('canvas')
    canvas.width = 640; canvas.height = 360
    const brush = canvas.getContext('2d')
    let n = 0
    setInterval(() => { brush.fillStyle = %q; brush.fillRect(0, 0, 640, 360); brush.fillStyle = '#fff'; brush.fillRect(n++ %% 640, 350, 4, 4) }, 50)
    stream.addTrack(canvas.captureStream(10).getVideoTracks()[0])
  }
  if (wanted.audio) {
    const context = new AudioContext(), hum = new OscillatorNode(context, {frequency: %d}), out = new MediaStreamAudioDestinationNode(context)
    hum.connect(out); hum.start()
    stream.addTrack(out.stream.getAudioTracks()[0])
  }
  return stream
}`

// Without takes "camera", "microphone" or both out of this person's machine, on every page opened from now on. A page that
// asks for devices says so in window.devicesAsked.
func (p *Page) Without(devices ...string) {
	p.t.Helper()
	script := fmt.Sprintf(missingDevices, slices.Contains(devices, "camera"), slices.Contains(devices, "microphone"))
	if _, err := call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		p.t.Fatalf("without %v: %v", devices, err)
	}
}

const missingDevices = `{ const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
navigator.mediaDevices.getUserMedia = async wanted => {
  window.devicesAsked = (window.devicesAsked ?? 0) + 1
  if (wanted.video && %v || wanted.audio && %v) throw new DOMException('Requested device not found', 'NotFoundError')
  return real(wanted)
} }`

// Before runs a script on every page opened from now on, before the page's own: to take away what an older browser lacks.
func (p *Page) Before(script string) {
	p.t.Helper()
	if _, err := call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		p.t.Fatalf("before the page: %v", err)
	}
}

// Colour reads the middle of the decoded picture in a video element: "red", "green", "blue" or "other R,G,B".
func (p *Page) Colour(selector string) string {
	p.t.Helper()
	return Value[string](p, fmt.Sprintf(`(() => {
  const video = document.querySelector(%q)
  if (!video || !video.videoWidth) return 'nothing'
  const canvas = document.createElement('canvas')
  canvas.width = 16; canvas.height = 16
  const brush = canvas.getContext('2d')
  brush.drawImage(video, 0, 0, 16, 16)
  const [r, g, b] = brush.getImageData(8, 8, 1, 1).data
  const names = [['red', r, g + b], ['green', g, r + b], ['blue', b, r + g]]
  return names.find(([, mine, rest]) => mine > 100 && mine > rest)?.[0] ?? 'other ' + [r, g, b]
})()`, selector))
}
