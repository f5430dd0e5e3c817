// One's own microphone and camera in the room: the two buttons, what is sent, what the server is told, and what happens
// when a device goes away.
import {choose, chosen, wish} from 'foyer/chosen.js'
import {open, openBoth} from 'foyer/devices.js'
import {give, tellScreen, tracks} from 'foyer/out.js'
import {note} from 'foyer/status.js'

/** @typedef {import('foyer/devices.js').Kind} Kind */

/** on: wanted on; there: the browser has one for us. @type {Record<Kind, {track: MediaStreamTrack|null, on: boolean, there: boolean}>} */
const devices = {microphone: {track: null, on: false, there: false}, camera: {track: null, on: false, there: false}}
/** @type {Kind[]} */
const kinds = ['microphone', 'camera']
const buttons = {microphone: 'ctl-mic', camera: 'ctl-camera'}
const words = {microphone: ['Mute', 'Unmute'], camera: ['Stop camera', 'Start camera']}

let report = () => {}
let changed = () => {}
let held = false, hushed = false

/** The track that should be heard or seen now. @param {Kind} kind */
export function live(kind) {
  const d = devices[kind]
  return d.on && d.there ? d.track : null
}

/**
 * Opens what was on last time. @param {{microphone: boolean, camera: boolean}} wants
 * @param {string} address where the server is told @param {() => void} onChange
 */
export async function start(wants, address, onChange) {
  report = reporter(address)
  tellScreen(report)
  changed = onChange
  const {mic = true, cam = true} = chosen()
  const on = {microphone: wants.microphone && mic, camera: wants.camera && cam}
  const both = on.camera ? await openBoth({microphone: wish('microphone'), camera: wish('camera')}) : {microphone: await open('microphone', wish('microphone')), camera: null}
  for (const kind of kinds) {
    const got = both[kind], d = devices[kind]
    Object.assign(d, {there: !got || !!got.track, on: on[kind] && !!got?.track && !(kind === 'microphone' && hushed)})
    take(kind, got?.track ?? null)
    const button = document.getElementById(buttons[kind])
    if (button) button.onclick = () => toggle(kind)
    if (button && got?.trouble) button.title = got.trouble
    draw(kind)
  }
  report()
  note([...new Set(kinds.map(kind => both[kind]?.trouble ?? ''))].filter(Boolean).join(' ')) // plain http is one trouble, not two
  navigator.mediaDevices?.addEventListener('devicechange', again)
  addEventListener('blur', () => talk(false)) // the key is let go where we do not hear it
}

/** @type {Record<Kind, Promise<unknown>>} */
const turns = {microphone: Promise.resolve(), camera: Promise.resolve()}

/** What is done to a device is done one after the other. @param {Kind} kind @param {() => Promise<unknown>} act */
function inTurn(kind, act) {
  turns[kind] = turns[kind].then(act).catch(() => {})
  return turns[kind]
}

/** @param {Kind} kind */
export function toggle(kind) {
  return inTurn(kind, () => turn(kind, !devices[kind].on))
}

/** Opens the microphone while a key is held; a microphone that is open anyway stays so. @param {boolean} down */
export function talk(down) {
  if (down === held || down && devices.microphone.on) return
  held = down
  inTurn('microphone', () => turn('microphone', down))
}

/** A host muted us: it is so at the server already, and here at once. */
export function muted() {
  held = false
  hushed = true // also while the browser still asks for the microphone
  if (!devices.microphone.on) return
  inTurn('microphone', () => turn('microphone', false))
  note('A host muted you.')
}

/** @param {Kind} kind @param {boolean} on */
async function turn(kind, on) {
  const d = devices[kind]
  if (!d.there || d.on === on) return
  d.on = on
  if (kind === 'camera' && !on) { d.track?.stop(); d.track = null } // the light beside it goes out, too
  if (on && !d.track) {
    const got = await open(kind, wish(kind))
    d.on = !!got.track
    d.track = got.track
    note(got.trouble)
  }
  choose(kind === 'camera' ? {cam: d.on} : {mic: d.on})
  take(kind, d.track)
  draw(kind)
  report()
}

/** From now on this is the device. @param {Kind} kind @param {MediaStreamTrack|null} track */
function take(kind, track) {
  const d = devices[kind]
  if (d.track !== track) d.track?.stop()
  d.track = track
  if (track) {
    if (kind === 'microphone') track.enabled = d.on
    track.onended = () => inTurn(kind, () => lost(kind, track))
  }
  give(kind, live(kind))
}

/** Another device, chosen in the call. @param {Kind} kind @param {MediaTrackConstraints} which @returns {Promise<unknown>} */
export function change(kind, which) {
  return inTurn(kind, async () => {
    const d = devices[kind]
    if (kind === 'camera') d.track?.stop() // a phone opens one camera at a time
    const later = kind === 'camera' && !d.on // it is opened when the camera starts
    const got = later ? null : await open(kind, which)
    note(got?.trouble ?? '')
    if (got) take(kind, got.track ?? (kind === 'camera' ? (await open(kind)).track : d.track))
    d.there = later || !!d.track
    d.on &&= d.there
    draw(kind)
    report()
  })
}

/** A device that is in use was unplugged. @param {Kind} kind @param {MediaStreamTrack} track */
async function lost(kind, track) {
  const d = devices[kind]
  if (d.track !== track) return
  const other = (await open(kind)).track
  d.there = !!other
  d.on &&= d.there
  take(kind, other)
  note(other ? `Your ${kind} went away. ${other.label || 'Another one'} is used now.`
    : `Your ${kind} went away, and there is no other. ${kind === 'microphone' ? 'You are muted.' : 'Your picture is off.'}`)
  draw(kind)
  report()
}

/** Something was plugged in or out. */
async function again() {
  const all = await navigator.mediaDevices.enumerateDevices()
  for (const kind of kinds) {
    const d = devices[kind], {track} = d
    if (track?.readyState === 'ended') inTurn(kind, () => lost(kind, track))
    if (d.there || !all.some(one => one.kind === (kind === 'camera' ? 'videoinput' : 'audioinput'))) continue
    d.there = true
    note(`There is a ${kind} again. It is off.`)
    draw(kind)
  }
}

export function mic() { return devices.microphone.on }

/** @param {Kind} kind */
function draw(kind) {
  const button = /** @type {HTMLButtonElement|null} */ (document.getElementById(buttons[kind]))
  if (!button) return
  const {on, there} = devices[kind], use = /** @type {Element} */ (button.querySelector('use'))
  button.disabled = !there
  if (there) button.title = ''
  button.classList.toggle('muted', !on)
  use.setAttribute('href', use.getAttribute(on ? 'data-on' : 'data-off') ?? '')
  const word = /** @type {Element} */ (button.querySelector('.word')), says = words[kind][on ? 0 : 1]
  if (word.textContent !== says) word.textContent = says
  changed()
}

/** Tells the server what is on: one after the other, always the present state, until it was heard. @param {string} address */
function reporter(address) {
  let telling = false, told = ''
  const now = () => String(new URLSearchParams({mic: live('microphone') ? 'yes' : 'no', camera: live('camera') ? 'yes' : 'no', screen: tracks.screen ? 'yes' : 'no'}))
  return async () => {
    if (telling) return
    telling = true
    told = ''
    while (told !== now()) {
      const body = now()
      const answer = await fetch(address, {method: 'POST', body: new URLSearchParams(body), headers: {'X-Foyer-Quiet': '1'}, signal: AbortSignal.timeout(10_000)}).catch(() => null)
      if (answer && answer.status < 500 && answer.status !== 429) told = body
      else await new Promise(r => setTimeout(r, 1000))
    }
    telling = false
  }
}
