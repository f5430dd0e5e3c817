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
  for (const e of /** @type {NodeListOf<HTMLMediaElement>} */ (document.querySelectorAll('audio, video')))
    if (e.srcObject) e.play().then(() => { if (e.localName === 'audio') heard() }, why => { if (why.name === 'NotAllowedError') listen() })
}

/** Sound plays: nobody needs to press anything. */
function heard() {
  if (!call || call.hidden) return
  if (call.contains(document.activeElement)) document.getElementById('main')?.focus()
  call.hidden = true
}

/** Any press does, wherever it is; the button is what one sees. */
function listen() {
  if (!call?.hidden) return
  call.hidden = false
  call.querySelector('button')?.focus()
  const pressed = () => { heard(); hear() }
  addEventListener('click', pressed, {once: true, capture: true})
}

/** All sound comes from these speakers from now on. @param {string} id "" = the browser's choice */
export function speakers(id) {
  return Promise.all([...document.querySelectorAll('audio')].map(audio => through(audio, id)))
}

/** @param {HTMLAudioElement} audio @param {string} id */
async function through(audio, id) {
  if (audio.setSinkId && audio.sinkId !== id) await audio.setSinkId(id).catch(() => {}) // gone: the default plays on
}
