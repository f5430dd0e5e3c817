// Two soft notes. A browser that plays nothing before the first click stays silent; nothing is played late.

const notes = [[659.3, 0], [880, 0.16]] // Hz, seconds
const loud = 0.12, lasts = 0.5

export async function chime() {
  if (!window.AudioContext) return
  const context = new AudioContext()
  if (context.state !== 'running') await Promise.race([context.resume().catch(() => {}), new Promise(r => setTimeout(r, 500))])
  if (/** @type {string} */ (context.state) !== 'running') return context.close()
  for (const [pitch, after] of notes) {
    const begin = context.currentTime + after
    const tone = new OscillatorNode(context, {type: 'sine', frequency: pitch}), gain = new GainNode(context, {gain: 0})
    gain.gain.setValueAtTime(0, begin)
    gain.gain.linearRampToValueAtTime(loud, begin + 0.03)
    gain.gain.exponentialRampToValueAtTime(0.001, begin + lasts)
    tone.connect(gain).connect(context.destination)
    tone.start(begin)
    tone.stop(begin + lasts)
  }
  setTimeout(() => context.close(), 2000)
}
