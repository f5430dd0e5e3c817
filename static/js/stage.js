// Pictures and sound of the others: one element per slot for good. The server fills slots, its map says who is in which,
// and the picture moves into that person's tile.
import {live} from 'foyer/own.js'

/** @typedef {{slot: number, kind: string, pass: string}} Slot */

/** @type {Map<number, HTMLVideoElement>} */
const pictures = new Map()
/** @type {Slot[]} */
let slots = []
const mirror = picture()
mirror.className = 'mirror'
let me = ''

/** @param {string} id @returns {HTMLElement|null} */
const tile = id => document.getElementById('person-' + id)

function picture() {
  const video = document.createElement('video')
  video.autoplay = video.muted = video.playsInline = true
  return video
}

/** @param {string} pass one's own */
export function sit(pass) { me = pass }

/** @param {Slot[]} map */
export function seat(map) {
  slots = map
  place()
}

/** A track for a slot, at each new connection. @param {number} slot @param {string} kind @param {MediaStreamTrack} track */
export function put(slot, kind, track) {
  const media = new MediaStream([track])
  if (kind === 'camera' || kind === 'screen') {
    const video = pictures.get(slot) ?? picture()
    video.srcObject = media
    pictures.set(slot, video)
    return place()
  }
  const old = document.getElementById('voice-' + slot)
  const audio = /** @type {HTMLAudioElement} */ (old ?? document.createElement('audio'))
  audio.id = 'voice-' + slot
  audio.autoplay = true
  audio.srcObject = media
  if (!old) document.getElementById('sound')?.append(audio)
}

/** Starts all sound; a browser that plays none without a click gets a button for it. */
export function hear() {
  const all = [...document.querySelectorAll('audio')].map(a => a.play())
  Promise.all(all).then(() => document.getElementById('listen')?.remove(), e => { if (e.name === 'NotAllowedError') listen() })
}

function listen() {
  if (document.getElementById('listen')) return
  const button = document.createElement('button')
  button.id = 'listen'
  button.className = 'btn primary'
  button.textContent = 'Listen'
  button.onclick = hear
  document.getElementById('status')?.before(button)
}

/** Puts every picture into the tile of the person whose it is. */
export function place() {
  const shown = new Set()
  for (const s of slots) {
    const video = pictures.get(s.slot)
    if (s.kind !== 'camera' || !video) continue
    const home = s.pass && tile(s.pass)
    if (!home) { video.remove(); continue }
    shown.add(s.pass)
    if (video.parentElement !== home) home.prepend(video)
    home.classList.add('showing')
    video.play().catch(() => {})
  }
  if (mine()) shown.add(me)
  for (const t of document.querySelectorAll('#people>.showing'))
    if (!shown.has(/** @type {HTMLElement} */ (t).dataset.pass)) t.classList.remove('showing')
}

/** Shows oneself from one's own camera, mirrored. @returns {boolean} whether there is a picture */
function mine() {
  const home = tile(me), track = live('camera')
  home?.classList.add('mine')
  if (!home || !track) { mirror.remove(); return false }
  if (/** @type {MediaStream|null} */ (mirror.srcObject)?.getTracks()[0] !== track) mirror.srcObject = new MediaStream([track])
  home.classList.add('showing')
  if (mirror.parentElement !== home) home.prepend(mirror)
  mirror.play().catch(() => {})
  return true
}

/** @param {string[]} passes who speaks */
export function speaking(passes) {
  const now = new Set(passes)
  for (const t of document.querySelectorAll('#people>[data-pass]'))
    t.classList.toggle('speaking', now.has(/** @type {HTMLElement} */ (t).dataset.pass ?? ''))
}
