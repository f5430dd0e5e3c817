// The side panel and what belongs to it: chat, people, hands, reactions, the queue at the door. This module opens and closes
// it and hands each event of the stream to whose it is.
import * as chat from 'foyer/chat.js'
import * as hands from 'foyer/hands.js'
import {keys} from 'foyer/keys.js'
import {doorChip, queue} from 'foyer/door.js'
import * as people from 'foyer/people.js'
import * as react from 'foyer/react.js'

/**
 * @typedef {object} Context what the stage lends to the panel
 * @property {string} at the room's address, "/r/slug"
 * @property {string} pass one's own
 * @property {{toggle: () => void, talk: (down: boolean) => void, on: () => boolean}} mic talk opens the microphone while a key is held
 * @property {{toggle: () => void}} camera
 * @property {{toggle: () => void}} share
 * @property {(text: string) => void} say tells a sentence to those who listen to the page
 */

const id = (/** @type {string} */ name) => /** @type {HTMLButtonElement} */ (document.getElementById(name))
const aside = id('panel'), sides = ['chat', 'people']
let open = '' // the tab that is shown
/** @type {HTMLElement|null} */
let opener = null

/** Opens a tab, closes it when it is open already. @param {string} side @param {HTMLElement} [by] */
export function toggle(side, by) {
  if (open === side) return close()
  if (!open) opener = by ?? id('ctl-' + side)
  show(side)
  const fine = matchMedia('(pointer:fine)').matches // a phone would push its keyboard up
  ;(side === 'chat' && fine ? id('say-text') : id('tab-' + side)).focus()
}

export function close() {
  const inside = aside.contains(document.activeElement)
  show('')
  if (!inside) return
  const back = [opener, document.querySelector('[popovertarget=more]'), id('main')].find(e => e?.checkVisibility()) // on a phone the opener lies in a menu
  ;/** @type {HTMLElement} */ (back).focus()
}

/** @param {string} side "" closes */
function show(side) {
  open = side
  aside.hidden = !side
  document.body.classList.toggle('open', !!side)
  for (const s of sides) {
    const is = s === side, tab = id('tab-' + s)
    id('pane-' + s).hidden = !is
    tab.ariaSelected = String(is)
    tab.tabIndex = is ? 0 : -1
    id('ctl-' + s).ariaExpanded = String(is)
  }
  id('participants').hidden = side === 'people' // one heading of that name at a time
  if (side === 'chat') chat.shown(); else chat.hidden()
}

/** What is switched off in this room is gone for everybody at once. */
function features() {
  const has = document.getElementById('head')?.dataset ?? {}
  for (const [name, on] of [['chat', 'chat' in has], ['react', 'reactions' in has], ['hand', 'hands' in has]])
    id('ctl-' + name).hidden = !on
  id('tab-chat').hidden = !('chat' in has)
  if (!('chat' in has) && open === 'chat') close()
  document.body.classList.toggle('no-hands', !('hands' in has))
  if (!('reactions' in has)) react.stop()
}

/** Arrow keys walk the tabs, as in any list of tabs. @param {KeyboardEvent} event */
function walk(event) {
  const tabs = sides.filter(s => !id('tab-' + s).hidden), at = tabs.indexOf(open)
  const to = {ArrowRight: tabs[(at + 1) % tabs.length], ArrowLeft: tabs.at(at - 1), Home: tabs[0], End: tabs.at(-1)}[event.key]
  if (!to) return
  event.preventDefault()
  show(to)
  id('tab-' + to).focus()
}

function escape() {
  if (open && !document.querySelector('dialog[open],:popover-open')) close()
}

/** @param {Context} context @returns {{on: (event: string, data: string) => boolean}} on takes an event of the stream; false = not mine */
export function panel(context) {
  for (const s of sides) {
    const control = id('ctl-' + s)
    control.disabled = false
    control.setAttribute('aria-controls', 'panel')
    control.ariaExpanded = 'false'
    control.onclick = () => toggle(s, control)
    id('tab-' + s).onclick = () => { if (open !== s) show(s) }
  }
  id('tab-chat').parentElement?.addEventListener('keydown', walk)
  id('panel-close').onclick = close
  addEventListener('keydown', event => { if (event.key === 'Escape' && !event.defaultPrevented) escape() })
  chat.start(context)
  people.start(context)
  hands.start(context)
  react.start(context)
  keys(context, toggle)
  doorChip()
  features()
  /** @type {Record<string, (data: string) => void>} */
  const takes = {
    head: features, list: people.list, kept: people.kept, chat: chat.whole, line: chat.lines, queue,
    people: hands.look, reaction: data => react.fly(JSON.parse(data)),
  }
  return {on(event, data) { takes[event]?.(data); return event in takes }}
}
