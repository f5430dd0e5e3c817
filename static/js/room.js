// The room: joins the stream, the pictures and the sound to the page that the server drew.
import {open} from 'foyer/devices.js'
import {people, replace} from 'foyer/regions.js'
import {receive, send} from 'foyer/rtc.js'
import {follow} from 'foyer/stream.js'

const main = /** @type {HTMLElement} */ (document.querySelector('[data-live]'))
const {base = '', room = '', pass = '', stream = '', devices = ''} = main.dataset
const onStage = 'stage' in main.dataset
let ticket = main.dataset.ticket ?? ''
const tab = crypto.getRandomValues(new Uint32Array(2)).join('-')
const status = /** @type {HTMLElement} */ (document.getElementById('status'))
/** @type {string[]} */
let trouble = []

/** What the status line says: the worst thing first. @type {{stream: boolean, media: boolean}} */
const up = {stream: false, media: false}
function tell() {
  const words = !up.stream ? 'Connection lost. Coming back…' : !up.media ? 'Connecting…' : trouble.join(' ') || 'Connected'
  if (status.textContent !== words) status.textContent = words
}

/** @param {string} id @returns {HTMLElement|null} */
const tile = id => document.getElementById('person-' + id)

// Pictures and sound: one element per slot for good; the server fills slots, the map says who is in which.
/** @type {Map<number, HTMLVideoElement>} */
const screens = new Map()
/** @type {{slot: number, kind: string, pass: string}[]} */
let slots = []

/** @param {number} slot @param {string} kind @param {MediaStreamTrack} track */
function onTrack(slot, kind, track) {
  const media = new MediaStream([track])
  if (kind === 'camera' || kind === 'screen') {
    const video = screens.get(slot) ?? picture()
    video.srcObject = media
    screens.set(slot, video)
    return place()
  }
  const old = document.getElementById('voice-' + slot)
  const audio = /** @type {HTMLAudioElement} */ (old ?? document.createElement('audio'))
  audio.id = 'voice-' + slot
  audio.autoplay = true
  audio.srcObject = media
  if (!old) document.getElementById('sound')?.append(audio)
  audio.play().catch(() => { if (!onStage) listen() })
}

function picture() {
  const video = document.createElement('video')
  video.autoplay = video.muted = video.playsInline = true
  return video
}

/** A browser that plays no sound without a click gets a button for it. */
function listen() {
  if (document.getElementById('listen')) return
  const button = document.createElement('button')
  button.id = 'listen'
  button.className = 'btn primary'
  button.textContent = 'Listen'
  button.onclick = () => {
    for (const a of document.querySelectorAll('audio')) a.play().catch(() => {})
    button.remove()
  }
  status.before(button)
}

/** Puts every picture into the tile of the person whose it is. */
function place() {
  const shown = new Set()
  for (const s of slots) {
    const video = screens.get(s.slot)
    if (s.kind !== 'camera' || !video) continue
    const home = s.pass && tile(s.pass)
    if (!home) { video.remove(); continue }
    shown.add(s.pass)
    if (video.parentElement !== home) home.prepend(video)
    home.classList.add('showing')
    video.play().catch(() => {})
  }
  if (own.camera) shown.add(pass)
  for (const t of document.querySelectorAll('#people>.showing'))
    if (!shown.has(/** @type {HTMLElement} */ (t).dataset.pass)) t.classList.remove('showing')
  mine()
}

// One's own devices.
/** @type {{microphone: MediaStreamTrack|null, camera: MediaStreamTrack|null}} */
const own = {microphone: null, camera: null}
const mirror = picture()
mirror.className = 'mirror'
/** @type {Awaited<ReturnType<typeof send>>|null} */
let sender = null

/** Shows oneself from one's own camera, mirrored. */
function mine() {
  const home = tile(pass)
  if (!home) return
  home.classList.add('mine')
  if (!own.camera) return mirror.remove()
  home.classList.add('showing')
  if (mirror.parentElement !== home) home.prepend(mirror)
  mirror.play().catch(() => {})
}

/** @param {'mic'|'camera'} id @param {string} on @param {string} off */
function control(id, on, off) {
  const button = /** @type {HTMLButtonElement|null} */ (document.getElementById('ctl-' + id))
  const kind = id === 'mic' ? 'microphone' : 'camera'
  if (!button) return () => {}
  const draw = () => {
    const track = own[kind], live = !!track?.enabled, use = /** @type {Element} */ (button.querySelector('use'))
    button.disabled = !track
    button.classList.toggle('muted', !live)
    use.setAttribute('href', (live ? use.getAttribute('data-on') : use.getAttribute('data-off')) ?? '')
    const word = /** @type {Element} */ (button.querySelector('.word'))
    if (word.textContent !== (live ? on : off)) word.textContent = live ? on : off
  }
  button.onclick = () => {
    const track = own[kind]
    if (!track) return
    track.enabled = !track.enabled
    sender?.replace(kind, track.enabled ? track : null)
    draw()
    report()
  }
  return draw
}
const drawMic = control('mic', 'Mute', 'Unmute'), drawCamera = control('camera', 'Stop camera', 'Start camera')

/** Tells the others what is on. The newest state wins. */
function report() {
  const body = new URLSearchParams({mic: own.microphone?.enabled ? 'yes' : 'no', camera: own.camera?.enabled ? 'yes' : 'no'})
  fetch(devices, {method: 'POST', body, headers: {'X-Foyer-Quiet': '1'}}).catch(() => setTimeout(report, 1000))
}

// Media elements hold up the page's load event until they have something to play, and a room may stay silent for hours.
const loaded = document.readyState === 'complete' ? Promise.resolve() : new Promise(r => addEventListener('load', r, {once: true}))

// Joining, and joining again after a loss.
/** @param {(again: () => void) => Promise<unknown>} join */
function keep(join) {
  let tries = 0
  const again = () => { setTimeout(run, Math.min(300 * 2 ** tries++, 4000)) }
  const run = () => loaded.then(() => join(again)).then(() => { tries = 0 }, again)
  run()
}

keep(async again => {
  up.media = false
  let r = /** @type {Awaited<ReturnType<typeof receive>>|null} */ (null)
  r = await receive({base, room, ticket: () => ticket, onTrack, onState(state) {
    up.media = state === 'connected'
    tell()
    if (state === 'lost') { r?.close(); again() }
  }})
})

if (onStage) open().then(found => {
  Object.assign(own, {microphone: found.microphone, camera: found.camera})
  trouble = found.trouble
  if (own.camera) mirror.srcObject = new MediaStream([own.camera])
  drawMic(), drawCamera(), place(), report(), tell()
  if (!own.microphone && !own.camera) return
  keep(async again => {
    let s = /** @type {Awaited<ReturnType<typeof send>>|null} */ (null)
    s = await send({base, room, ticket: () => ticket, onState(state) { if (state === 'lost') { s?.close(); again() } },
      tracks: {microphone: own.microphone?.enabled ? own.microphone : null, camera: own.camera?.enabled ? own.camera : null, screen: null, screenAudio: null}})
    sender = s
  })
})

const lines = follow({
  url: () => `${base}${stream}?tab=${tab}`,
  ticket: () => ticket,
  onState(is) { up.stream = is; tell() },
  on(event, data) {
    if (event === 'people') { people(data); place() }
    else if (event === 'head') replace('head', data)
    else if (event === 'ticket') ticket = data
    else if (event === 'slots') { slots = JSON.parse(data); place() }
    else if (event === 'speaking') {
      const now = new Set(JSON.parse(data))
      for (const t of document.querySelectorAll('#people>[data-pass]')) t.classList.toggle('speaking', now.has(/** @type {HTMLElement} */ (t).dataset.pass))
    }
  },
})
// Leaving is the form's own way out; the stream's goodbye would put a second step into the history.
document.getElementById('leave')?.addEventListener('submit', () => lines.stop())
addEventListener('pagehide', () => lines.stop())
place()
