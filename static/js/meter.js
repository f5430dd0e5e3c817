// How loud a microphone is, fifteen times a second and only while the page is seen: a number that the style sheet draws.

const quietest = -55, loudest = -12 // dBFS: an empty room, somebody who speaks up

/** @param {MediaStreamTrack} track @param {HTMLElement} ring gets --level, 0 to 1 @returns {() => void} stops */
export function meter(track, ring) {
  const context = new AudioContext(), ear = new AnalyserNode(context, {fftSize: 1024})
  new MediaStreamAudioSourceNode(context, {mediaStream: new MediaStream([track])}).connect(ear)
  const wave = new Float32Array(ear.fftSize)
  let level = 0, timer = 0

  function look() {
    ear.getFloatTimeDomainData(wave)
    const db = 20 * Math.log10(Math.hypot(...wave) / Math.sqrt(wave.length) + 1e-9)
    const now = Math.min(1, Math.max(0, (db - quietest) / (loudest - quietest)))
    level = Math.max(now, level * 0.8) // falls slower than it rises
    ring.style.setProperty('--level', level.toFixed(2))
  }

  function watch() {
    clearInterval(timer)
    if (!document.hidden) timer = setInterval(look, 1000 / 15)
  }
  const wake = () => { context.resume() } // some browsers start no sound before the first touch

  watch()
  document.addEventListener('visibilitychange', watch)
  for (const event of ['pointerdown', 'keydown']) addEventListener(event, wake)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', watch)
    for (const event of ['pointerdown', 'keydown']) removeEventListener(event, wake)
    context.close()
    ring.style.removeProperty('--level')
  }
}
