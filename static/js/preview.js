// Setting one's devices at the door: oneself in the mirror, a ring that moves with the sound, and what is wrong, by name.
import {choose, chosen, wish} from 'foyer/chosen.js'
import {open, openBoth} from 'foyer/devices.js'
import {meter} from 'foyer/meter.js'
import {devices, fill, look} from 'foyer/pickers.js'
import {speakers} from 'foyer/speakers.js'

/** @typedef {import('foyer/devices.js').Kind} Kind */

/** @param {string} id */
const byId = id => /** @type {HTMLElement} */ (document.getElementById(id))
/** @type {Kind[]} */
const kinds = ['microphone', 'camera']
const words = {microphone: ['Mute', 'Unmute'], camera: ['Stop camera', 'Start camera']}
const fields = /** @type {const} */ ({microphone: 'mic', camera: 'cam'})
const video = /** @type {HTMLVideoElement} */ (document.querySelector('#preview>video'))
const ring = /** @type {HTMLElement} */ (document.querySelector('#toggle-microphone>.meter'))
let stopMeter = () => {}

/** on: wanted on; says: what is wrong or new, reason: why none is open. */
const own = {
  microphone: {on: true, track: /** @type {MediaStreamTrack|null} */ (null), says: '', reason: '', turn: 0},
  camera: {on: true, track: /** @type {MediaStreamTrack|null} */ (null), says: '', reason: '', turn: 0},
}

/** Opens one device; a later call for the same one wins. @param {Kind} kind @param {MediaTrackConstraints} which */
async function start(kind, which) {
  const turn = ++own[kind].turn
  if (kind === 'camera') drop(kind) // a phone opens one camera at a time
  const got = await open(kind, which)
  if (turn === own[kind].turn) take(kind, got)
  else got.track?.stop()
}

/** @param {Kind} kind @param {import('foyer/devices.js').Opened} got */
function take(kind, got) {
  drop(kind)
  const o = own[kind], {track} = got
  Object.assign(o, {track, says: got.trouble, reason: got.reason})
  if (track) track.onended = () => { if (o.track === track) lost(kind, track.label) }
  if (track && kind === 'camera') {
    video.srcObject = new MediaStream([track])
    video.classList.toggle('mirror', track.getSettings().facingMode !== 'environment')
  }
  if (track && kind === 'microphone') try { stopMeter = meter(track, ring) } catch {} // no meter is no reason to stay outside
  draw(kind)
}

/** @param {Kind} kind */
function drop(kind) {
  const {track} = own[kind]
  own[kind].track = null
  track?.stop()
  if (kind === 'camera') video.srcObject = null
  else stopMeter()
}

/** A device went away while it was in use: another one takes its place. @param {Kind} kind @param {string} label */
async function lost(kind, label) {
  await start(kind, {})
  const {track} = own[kind]
  if (track) own[kind].says = `${label || 'Your ' + kind} is gone. ${track.label || 'Another one'} takes its place.`
  draw(kind)
  list()
}

/** @param {Kind} kind */
async function toggle(kind) {
  const o = own[kind]
  o.on = !o.on || !!o.reason // what is in trouble is tried again
  choose({[fields[kind]]: o.on})
  if (kind === 'camera' && !o.on) { o.turn++; drop(kind) } // the light beside it goes out, too
  o.says = ''
  draw(kind)
  if (o.on && !o.track) await start(kind, wish(kind))
  list()
}

/** @param {Kind} kind @param {string} id */
async function pick(kind, id) {
  choose({[kind]: id})
  own[kind].says = ''
  if (own[kind].on || kind === 'microphone') await start(kind, wish(kind))
  list()
}

/** Front or rear, on a phone. */
async function flip() {
  const {facingMode, deviceId} = own.camera.track?.getSettings() ?? {}, all = devices('camera')
  const next = all[(all.findIndex(d => d.deviceId === deviceId) + 1) % all.length]
  await start('camera', facingMode ? {facingMode: {ideal: facingMode === 'user' ? 'environment' : 'user'}} : {deviceId: {ideal: next?.deviceId}})
  choose({camera: own.camera.track?.getSettings().deviceId ?? ''})
  list()
}

/** @param {Kind} kind */
function draw(kind) {
  const o = own[kind], on = o.on && !o.reason
  if (kind === 'microphone' && o.track) o.track.enabled = on
  const button = byId('toggle-' + kind), use = /** @type {Element} */ (button.querySelector('use'))
  button.classList.toggle('muted', !on)
  use.setAttribute('href', use.getAttribute(on ? 'data-on' : 'data-off') ?? '')
  const word = /** @type {Element} */ (button.querySelector('b')), says = words[kind][on ? 0 : 1]
  if (word.textContent !== says) word.textContent = says
  const field = document.querySelector(`#label>*>input[name=${kind === 'camera' ? 'camera' : 'mic'}]`)
  if (field) /** @type {HTMLInputElement} */ (field).value = o.on ? 'yes' : 'no'
  const note = byId('says-' + kind)
  if (note.textContent !== o.says) note.textContent = o.says
  note.hidden = !o.says
}

async function list() {
  await look()
  for (const kind of kinds) fill(kind, [chosen()[kind] ?? '', own[kind].track?.getSettings().deviceId ?? ''].reverse(), own[kind].reason)
  fill('speakers', [chosen().speakers ?? ''], own.microphone.reason)
  byId('flip').hidden = !own.camera.track || devices('camera').length < 2 || !matchMedia('(pointer: coarse)').matches
}

/** Something was plugged in or out. */
async function changed() {
  await list()
  for (const kind of kinds) if (own[kind].reason === 'NotFoundError' && devices(kind).length) await start(kind, wish(kind)).then(list)
}

async function begin() {
  const {mic = true, cam = true} = chosen()
  own.microphone.on = mic
  own.camera.on = cam
  kinds.forEach(draw)
  const late = setTimeout(() => { byId('says-asking').hidden = false }, 1500)
  const both = cam ? await openBoth({microphone: wish('microphone'), camera: wish('camera')}) : {microphone: await open('microphone', wish('microphone')), camera: null}
  clearTimeout(late)
  byId('says-asking').hidden = true
  for (const kind of kinds) {
    const got = both[kind]
    if (got && !own[kind].turn) take(kind, got)
    else got?.track?.stop() // somebody was quicker
  }
  await list()
  navigator.mediaDevices.addEventListener('devicechange', changed)
  for (const kind of kinds) {
    const state = await navigator.permissions?.query({name: /** @type {PermissionName} */ (kind)}).catch(() => null)
    if (state) state.onchange = () => { if (state.state === 'granted' && own[kind].reason) start(kind, wish(kind)).then(list) }
  }
}

if (window.isSecureContext && navigator.mediaDevices) {
  for (const kind of kinds) {
    byId('toggle-' + kind).onclick = () => toggle(kind)
    const picker = /** @type {HTMLSelectElement} */ (byId('pick-' + kind))
    picker.onchange = () => pick(kind, picker.value)
  }
  byId('flip').onclick = flip
  speakers()
  begin()
  addEventListener('pagehide', () => kinds.forEach(drop))
} else {
  for (const part of document.querySelectorAll('.scripted')) /** @type {HTMLElement} */ (part).hidden = true
  const note = document.getElementById('insecure')
  if (note) note.hidden = false
}
