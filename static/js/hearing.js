// The sound of the others: an element per voice and one for the sound of a screen, and what a browser wants before it
// plays any of it.
import {chosen} from 'foyer/chosen.js'

const sound = document.getElementById('sound')
const call = document.getElementById('listen')

/** A track for a slot, at each new connection. @param {number} slot @param {MediaStream} media */
export function voice(slot, media) {
  const old = document.getElementById('voice-' + slot)
  const audio = /** @type {HTMLAudioElement} */ (old ?? document.createElement('audio'))
  audio.id = 'voice-' + slot
  audio.autoplay = true
  audio.srcObject = media
  if (!old) sound?.append(audio)
  through(audio, chosen().speakers ?? '')
}

/** Plays everything; where a browser plays nothing without a click, there is one button for it. */
export function hear() {
  const all = [...document.querySelectorAll('audio, video')].filter(e => /** @type {HTMLMediaElement} */ (e).srcObject)
  Promise.all(all.map(e => /** @type {HTMLMediaElement} */ (e).play())).then(() => listen(false), e => { if (e.name === 'NotAllowedError') listen(true) })
}

/** @param {boolean} needed */
function listen(needed) {
  if (!call || call.hidden === !needed) return
  call.hidden = !needed
  const button = /** @type {HTMLButtonElement} */ (call.querySelector('button'))
  button.onclick = hear
  if (needed) button.focus()
}

/** All sound comes from these speakers from now on. @param {string} id "" = the browser's choice */
export function speakers(id) {
  return Promise.all([...document.querySelectorAll('audio')].map(audio => through(audio, id)))
}

/** @param {HTMLAudioElement} audio @param {string} id */
async function through(audio, id) {
  if (audio.setSinkId && audio.sinkId !== id) await audio.setSinkId(id).catch(() => {}) // gone: the default plays on
}
