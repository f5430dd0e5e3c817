// Pictures of the others: one element per slot for good. The server fills slots, its map says who is in which, and the
// picture moves into that person's tile, or onto the screen.
import {voice} from 'foyer/hearing.js'
import {arrange, nameOf, tile} from 'foyer/layout.js'
import {live} from 'foyer/own.js'
import {pause} from 'foyer/paused.js'
import {watch} from 'foyer/view.js'

/** @typedef {{slot: number, kind: string, pass: string, paused?: boolean}} Slot paused: the line is too narrow for it */

/** @type {Map<number, HTMLVideoElement>} */
const pictures = new Map()
/** @type {Slot[]} */
let slots = []
const mirror = picture()
const screen = /** @type {HTMLElement} */ (document.getElementById('screen'))
let me = ''

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

/** Whose screen the server shows us, "" = nobody's. */
export function shown() {
  return slots.find(s => s.kind === 'screen')?.pass ?? ''
}

/** A track for a slot, at each new connection. @param {number} slot @param {string} kind @param {MediaStreamTrack} track */
export function put(slot, kind, track) {
  const media = new MediaStream([track])
  if (kind !== 'camera' && kind !== 'screen') return voice(slot, media)
  const video = pictures.get(slot) ?? picture()
  video.srcObject = media
  if (!pictures.has(slot)) watch(slot, video)
  pictures.set(slot, video)
  if (kind === 'screen') screen.prepend(video)
  place()
}

/** Puts every picture into the tile of the person whose it is. */
export function place() {
  const seen = new Set(), narrow = []
  for (const s of slots) {
    const video = pictures.get(s.slot)
    if (s.kind !== 'camera' || !video) continue
    const home = s.pass && tile(s.pass)
    if (!home) { video.remove(); continue }
    seen.add(s.pass)
    if (s.paused) narrow.push(home)
    if (video.parentElement !== home) home.prepend(video)
    home.classList.add('showing')
    video.play().catch(() => {})
  }
  if (mine()) seen.add(me)
  for (const t of document.querySelectorAll('#people>.showing'))
    if (!seen.has(/** @type {HTMLElement} */ (t).dataset.pass)) t.classList.remove('showing')
  board()
  if (slots.some(s => s.kind === 'screen' && s.pass && s.paused)) narrow.push(screen)
  pause(narrow)
  arrange(me, shown())
}

/** The shared screen and whose it is. */
function board() {
  const whose = shown(), name = nameOf(whose)
  screen.hidden = !whose
  const words = name && `${name} is sharing`, label = /** @type {Element} */ (screen.querySelector('b'))
  if (label.textContent !== words) label.textContent = words
  if (whose) screen.querySelector('video')?.play().catch(() => {})
}

/** Shows oneself from one's own camera, mirrored unless it looks away. @returns {boolean} whether there is a picture */
function mine() {
  const home = tile(me), track = live('camera')
  home?.classList.add('mine')
  if (!home || !track) { mirror.remove(); return false }
  if (/** @type {MediaStream|null} */ (mirror.srcObject)?.getTracks()[0] !== track) mirror.srcObject = new MediaStream([track])
  mirror.className = track.getSettings().facingMode === 'environment' ? '' : 'mirror'
  home.classList.add('showing')
  if (mirror.parentElement !== home) home.prepend(mirror)
  mirror.play().catch(() => {})
  return true
}
