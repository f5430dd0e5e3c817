//go:build firefox

package firefox

import "fmt"

// window is what both browsers can be asked: whether an expression comes true.
type window interface {
	Until(what, expression string)
}

// pictures are the videos that show somebody: visible, in a tile that names the person.
func pictures(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('video')].filter(v => v.videoWidth && v.checkVisibility({opacityProperty: true, visibilityProperty: true})
  && v.closest('li, [role=listitem], article, figure')?.textContent.includes(%q))`, name)
}

// sees waits until somebody's decoded picture is red, green or blue in its middle.
func sees(w window, name, colour string) {
	order := map[string]string{"red": "r, g, b", "green": "g, r, b", "blue": "b, r, g"}[colour]
	w.Until(name+"'s picture to be "+colour, `(() => `+pictures(name)+`.some(video => {
  const brush = new OffscreenCanvas(16, 16).getContext('2d')
  brush.drawImage(video, 0, 0, 16, 16)
  const [r, g, b] = brush.getImageData(8, 8, 1, 1).data
  return (([mine, one, other]) => mine > 100 && mine > one + other)([`+order+`])
}))()`)
}

// hears waits until sound with energy plays.
func hears(w window) { w.Until("sound of the others", loudness(`> 0.5`, `> 1e-3`)) }

// hearsNobody waits for silence.
func hearsNobody(w window) { w.Until("silence", loudness(`< 0.01`, `< 1e-5`)) }

// loudness compares how loud the sound is that plays now. In Chromium it is the size of the wave; Firefox starts no
// AudioContext on a machine without loudspeakers, but counts the energy that it decodes.
func loudness(wave, energy string) string {
	return `(async () => {
  if (window.peers) return await peers.energy() ` + energy + `
  let loudest = 0
  for (const audio of document.querySelectorAll('audio')) {
    const context = new AudioContext(), ear = new AnalyserNode(context)
    new MediaStreamAudioSourceNode(context, {mediaStream: audio.srcObject}).connect(ear)
    await new Promise(done => setTimeout(done, 200))
    const wave = new Float32Array(ear.fftSize)
    ear.getFloatTimeDomainData(wave)
    context.close()
    loudest = Math.max(loudest, Math.hypot(...wave))
  }
  return loudest ` + wave + `
})()`
}
