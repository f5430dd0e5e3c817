// The choice of speakers, and two soft notes to try them.
import {choose, chosen} from 'foyer/chosen.js'

const can = 'setSinkId' in HTMLMediaElement.prototype
const help = 'You should hear two soft notes.'

/** @returns {Promise<void>} after the last note */
async function notes() {
  const context = new AudioContext(), out = new MediaStreamAudioDestinationNode(context), player = new Audio()
  try {
    await context.resume()
    const start = context.currentTime + 0.15
    ;[523.25, 659.25].forEach((frequency, i) => {
      const at = start + i * 0.35
      const tone = new OscillatorNode(context, {frequency}), volume = new GainNode(context, {gain: 0})
      volume.gain.setValueAtTime(0, at)
      volume.gain.linearRampToValueAtTime(0.2, at + 0.04)
      volume.gain.exponentialRampToValueAtTime(0.001, at + 0.8)
      tone.connect(volume).connect(out)
      tone.start(at)
      tone.stop(at + 0.85)
    })
    player.srcObject = out.stream
    const {speakers} = chosen()
    if (can && speakers) await player.setSinkId(speakers)
    await player.play()
    await new Promise(r => setTimeout(r, 1500))
  } finally {
    player.srcObject = null
    context.close()
  }
}

/** @param {unknown} e */
function why(e) {
  switch (/** @type {Error} */ (e)?.name) {
    case 'NotFoundError': return 'These speakers are not there any more. Choose others.'
    case 'NotAllowedError': return 'Your browser did not let the sound out. Allow sound for this page beside the address and press Test speaker again.'
    default: return 'The sound could not be played on these speakers. Choose others.'
  }
}

export function speakers() {
  const button = /** @type {HTMLButtonElement} */ (document.getElementById('test-speaker'))
  const says = /** @type {HTMLElement} */ (document.getElementById('says-speakers'))
  const picker = /** @type {HTMLSelectElement} */ (document.getElementById('pick-speakers'))
  /** @param {string} words @param {boolean} bad */
  const say = (words, bad) => {
    says.textContent = words
    says.classList.toggle('muted', !bad)
    says.classList.toggle('wrong', bad)
  }
  if (!can) {
    /** @type {HTMLElement} */ (document.getElementById('field-speakers')).hidden = true
    say(help + ' They come from the speakers that your system has chosen; this browser cannot choose others.', false)
  }
  picker.onchange = () => { choose({speakers: picker.value}); say(help, false) }
  button.onclick = async () => {
    if (button.ariaBusy === 'true') return
    button.ariaBusy = 'true'
    if (says.classList.contains('wrong')) say(help, false)
    await notes().catch(e => say(why(e), true))
    button.ariaBusy = null
  }
}
