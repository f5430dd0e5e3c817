// One's own microphone and camera in the room: the two buttons, what the server is told, what the connection sends.
import {open, openBoth} from 'foyer/devices.js'

/** @typedef {import('foyer/devices.js').Kind} Kind */
/** @typedef {{replace: (kind: Kind, track: MediaStreamTrack|null) => unknown}} Sender */

/** on: wanted on; there: the browser has one for us. @type {Record<Kind, {track: MediaStreamTrack|null, on: boolean, there: boolean}>} */
const devices = {microphone: {track: null, on: false, there: false}, camera: {track: null, on: false, there: false}}
/** @type {Kind[]} */
const kinds = ['microphone', 'camera']
const buttons = {microphone: 'ctl-mic', camera: 'ctl-camera'}
const words = {microphone: ['Mute', 'Unmute'], camera: ['Stop camera', 'Start camera']}

/** @type {Sender|null} */
let sender = null
let report = () => {}
let changed = () => {}

/** The track that should be heard or seen now. @param {Kind} kind */
export function live(kind) {
  const d = devices[kind]
  return d.on && d.there ? d.track : null
}

/** A new connection takes over; what was switched meanwhile counts. @param {Sender} s */
export function sendBy(s) {
  sender = s
  for (const kind of kinds) s.replace(kind, live(kind))
}

/**
 * Opens what was on last time. @param {{microphone: boolean, camera: boolean}} wants
 * @param {string} address where the server is told @param {() => void} onChange
 * @returns {Promise<string[]>} sentences about what could not be opened
 */
export async function start(wants, address, onChange) {
  report = reporter(address)
  changed = onChange
  const both = wants.camera ? await openBoth() : {microphone: await open('microphone'), camera: null}
  for (const kind of kinds) {
    const got = both[kind], d = devices[kind]
    Object.assign(d, {track: got?.track ?? null, there: !got || !!got.track, on: wants[kind] && !!got?.track})
    if (kind === 'microphone' && d.track) d.track.enabled = d.on
    const button = document.getElementById(buttons[kind])
    if (button) button.onclick = () => toggle(kind)
    draw(kind)
  }
  report()
  return kinds.map(kind => both[kind]?.trouble ?? '').filter(Boolean)
}

/** Whether there is anything that could ever be sent. */
export function any() { return kinds.some(kind => devices[kind].there) }

/** @param {Kind} kind */
async function toggle(kind) {
  const d = devices[kind]
  d.on = !d.on
  if (kind === 'microphone' && d.track) d.track.enabled = d.on
  if (kind === 'camera' && !d.on) { d.track?.stop(); d.track = null } // the light beside it goes out, too
  if (kind === 'camera' && d.on) {
    d.track = (await open('camera')).track
    d.on = !!d.track
  }
  sender?.replace(kind, live(kind))
  draw(kind)
  report()
}

/** @param {Kind} kind */
function draw(kind) {
  const button = /** @type {HTMLButtonElement|null} */ (document.getElementById(buttons[kind]))
  if (!button) return
  const {on, there} = devices[kind], use = /** @type {Element} */ (button.querySelector('use'))
  button.disabled = !there
  button.classList.toggle('muted', !on)
  use.setAttribute('href', use.getAttribute(on ? 'data-on' : 'data-off') ?? '')
  const word = /** @type {Element} */ (button.querySelector('.word')), says = words[kind][on ? 0 : 1]
  if (word.textContent !== says) word.textContent = says
  changed()
}

/** Tells the server what is on: one after the other, always the present state, until it was heard. @param {string} address */
function reporter(address) {
  let turn = Promise.resolve()
  const tell = async () => {
    for (;;) {
      const body = new URLSearchParams({mic: live('microphone') ? 'yes' : 'no', camera: live('camera') ? 'yes' : 'no'})
      const answer = await fetch(address, {method: 'POST', body, headers: {'X-Foyer-Quiet': '1'}}).catch(() => null)
      if (answer && answer.status < 500 && answer.status !== 429) return
      await new Promise(r => setTimeout(r, 1000))
    }
  }
  return () => { turn = turn.then(tell) }
}
