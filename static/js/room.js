// The room: joins the stream, the pictures and the sound to the page that the server drew.
import {awake} from 'foyer/awake.js'
import 'foyer/copy.js'
import {hear} from 'foyer/hearing.js'
import {keep} from 'foyer/keep.js'
import {nameOf, speaking, tile, views} from 'foyer/layout.js'
import {menu} from 'foyer/menu.js'
import {sendBy, something, tracks} from 'foyer/out.js'
import {mic, muted, start, talk, toggle} from 'foyer/own.js'
import {panel} from 'foyer/panel.js'
import {patch, people} from 'foyer/regions.js'
import {receive, send} from 'foyer/rtc.js'
import {settings} from 'foyer/settings.js'
import * as share from 'foyer/share.js'
import {place, put, seat, shown, sit} from 'foyer/stage.js'
import {say, state} from 'foyer/status.js'
import {follow} from 'foyer/stream.js'
import {alone} from 'foyer/tabs.js'
import {showTo} from 'foyer/view.js'

const main = /** @type {HTMLElement} */ (document.querySelector('[data-live]'))
const {base = '', room = '', at = '', pass = '', stream = '', devices = ''} = main.dataset
const warm = 'stage' in main.dataset
let ticket = main.dataset.ticket ?? '', came = main.dataset.shown ?? '' // what the page came with need not be sent again
const tab = crypto.getRandomValues(new Uint32Array(2)).join('-')
const node = {base, room, ticket: () => ticket}

sit(pass)
place()
views()
menu()
settings()
const side = panel({
  at, pass, say,
  mic: {toggle: () => toggle('microphone'), talk, on: mic},
  camera: {toggle: () => toggle('camera')},
  share: {toggle: () => share.toggle(shown)},
})

for (const id of ['list', 'queue', 'kept', 'chat', 'people']) {
  const region = document.getElementById(id)
  if (region) side.on(id, region.outerHTML)
}

/** How often hosts muted us, as the page first said it. */
const mutes = () => Number(tile(pass)?.dataset.mutes ?? 0)
let known = mutes()

/** @type {Record<string, (data: string) => void>} */
const ours = {
  people(data) {
    people(data)
    place()
    if (mutes() > known) muted()
    known = mutes()
  },
  head: data => patch('head', data),
  ticket: data => { ticket = data },
  slots(data) {
    seat(JSON.parse(data))
    share.yields(shown(), pass, nameOf(shown()))
  },
  speaking: data => speaking(JSON.parse(data)),
}

function enter() {
  awake()
  keep(async lost => {
    state({media: false})
    const receiver = await receive({...node, onTrack: put, onState(is) {
      state({media: is === 'connected'})
      if (is === 'connected') hear()
      if (is === 'lost') lost()
    }})
    showTo(receiver)
    return receiver
  })
  if (warm) publish()
  return follow({
    url: () => `${base}${stream}?tab=${tab}${came && '&shown=' + came}`,
    ticket: () => ticket,
    onState(is) {
      if (is) came = ''
      state({stream: is})
    },
    on(event, data) {
      ours[event]?.(data)
      side.on(event, data)
    },
  })
}

async function publish() {
  share.sharing(shown)
  await start({microphone: 'mic' in main.dataset, camera: 'camera' in main.dataset}, devices, place)
  hear() // a browser that gave its microphone plays sound, too
  if (navigator.mediaDevices) keep(async lost => {
    await something()
    const sender = await send({...node, tracks, onState(is) { if (is === 'lost') lost() }})
    sendBy(sender)
    return sender
  })
}

// Media elements hold up the page's load event until they have something to play, and a room may stay silent for hours.
const loaded = document.readyState === 'complete' ? Promise.resolve() : new Promise(r => addEventListener('load', r, {once: true}))
loaded.then(() => alone(room, at.slice(3))).then(() => {
  const lines = enter()
  // Leaving is the form's own way out; the stream's goodbye would put a second step into the history.
  for (const form of document.querySelectorAll('#leave, #d-end form')) form.addEventListener('submit', () => lines.stop())
  addEventListener('pageshow', event => { if (event.persisted) location.reload() }) // its stream and tracks are gone
  addEventListener('pagehide', () => {
    lines.stop()
    for (const track of Object.values(tracks)) track?.stop()
  })
})
