// The room: joins the stream, the pictures and the sound to the page that the server drew.
import {keep} from 'foyer/keep.js'
import {any, live, sendBy, start} from 'foyer/own.js'
import {people, replace} from 'foyer/regions.js'
import {receive, send} from 'foyer/rtc.js'
import {hear, place, put, seat, sit, speaking} from 'foyer/stage.js'
import {follow} from 'foyer/stream.js'

const main = /** @type {HTMLElement} */ (document.querySelector('[data-live]'))
const {base = '', room = '', pass = '', stream = '', devices = ''} = main.dataset
let ticket = main.dataset.ticket ?? ''
const tab = crypto.getRandomValues(new Uint32Array(2)).join('-')
const node = {base, room, ticket: () => ticket}

// What the status line says: the worst thing first.
const status = /** @type {HTMLElement} */ (document.getElementById('status'))
const up = {stream: false, media: false}
/** @type {string[]} */
let trouble = []
function tell() {
  const words = !up.stream ? 'Connection lost. Coming back…' : !up.media ? 'Connecting…' : trouble.join(' ') || 'Connected'
  if (status.textContent !== words) status.textContent = words
}

sit(pass)
place()

// Media elements hold up the page's load event until they have something to play, and a room may stay silent for hours.
const loaded = document.readyState === 'complete' ? Promise.resolve() : new Promise(r => addEventListener('load', r, {once: true}))

loaded.then(() => keep(lost => {
  up.media = false
  return receive({...node, onTrack: put, onState(state) {
    up.media = state === 'connected'
    tell()
    if (up.media) hear()
    if (state === 'lost') lost()
  }})
}))

if ('stage' in main.dataset) loaded.then(async () => {
  trouble = await start({microphone: 'mic' in main.dataset, camera: 'camera' in main.dataset}, devices, place)
  tell()
  hear() // a browser that gave its microphone plays sound, too
  if (any()) keep(async lost => {
    const tracks = {microphone: live('microphone'), camera: live('camera'), screen: null, screenAudio: null}
    const sender = await send({...node, tracks, onState(state) { if (state === 'lost') lost() }})
    sendBy(sender)
    return sender
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
    else if (event === 'slots') seat(JSON.parse(data))
    else if (event === 'speaking') speaking(JSON.parse(data))
  },
})
// Leaving is the form's own way out; the stream's goodbye would put a second step into the history.
document.getElementById('leave')?.addEventListener('submit', () => lines.stop())
addEventListener('pagehide', () => lines.stop())
