// The chat: numbered lines that come one by one. A gap in the numbers is noticed and filled; what is typed is never lost.
import {own} from 'foyer/mine.js'
import {badge} from 'foyer/people.js'
import {once, post} from 'foyer/quiet.js'
import {parse, patch} from 'foyer/regions.js'
import {tell} from 'foyer/told.js'

const id = (/** @type {string} */ name) => /** @type {HTMLElement} */ (document.getElementById(name))
const log = id('log'), newer = id('newer'), box = /** @type {HTMLTextAreaElement} */ (id('say-text')), why = id('say-why')
let at = '', pass = ''
let last = 0, seen = -1 // numbers of lines; -1 = nothing was shown yet
let visible = false

const numbers = (/** @type {Iterable<Element>} */ lines) => [...lines].map(l => Number(/** @type {HTMLElement} */ (l).dataset.n))
const chat = () => id('chat')
const ended = () => log.scrollHeight - log.scrollTop - log.clientHeight < 48
const end = () => { log.scrollTop = log.scrollHeight }

/** Does something to the lines, and goes on showing the end if that was shown. @param {() => void} change */
function keepingPlace(change) {
  const stay = visible && !ended()
  change()
  last = Math.max(0, ...numbers(chat().children))
  if (seen < 0 || seen > last) seen = last // the first look; or another call began
  if (!stay) end()
  const others = [...chat().children].filter(l => Number(/** @type {HTMLElement} */ (l).dataset.n) > seen && !l.classList.contains('me'))
  newer.hidden = !stay || !others.length
  if (visible && !stay) seen = last
  badge('ctl-chat', visible ? 0 : others.length, 'unread')
}

/** @param {string} html the region "chat" */
export function whole(html) {
  const [fresh] = parse(html), [first] = numbers(fresh.children)
  const same = id('line-' + first)?.querySelector('time')?.getAttribute('datetime') === fresh.querySelector('time')?.getAttribute('datetime')
  const older = first && same ? [...chat().children].filter(l => numbers([l])[0] < first) : [] // of this call, and read already
  keepingPlace(() => patch('chat', fresh, f => { own(f, pass); f.prepend(...older.map(o => o.cloneNode(true))) }))
}

/** @param {string} html lines: new ones, and others that take the place of what they were */
export function lines(html) {
  const fresh = parse(html)
  const news = numbers(fresh).filter(n => n > last)
  if (news.some((n, i) => n !== last + 1 + i)) return again()
  keepingPlace(() => {
    const frame = document.createElement('ol')
    frame.append(...fresh)
    own(frame, pass)
    for (const l of [...frame.children]) {
      if (document.getElementById(l.id)) patch(l.id, l)
      else if (numbers([l])[0] > last) chat().append(l)
    }
  })
}

/** Fetches the end of the chat, because a line is missing. */
async function again() {
  const answer = await fetch(at + '/chat', {headers: {'X-Foyer-Quiet': '1'}}).catch(() => null)
  if (answer?.ok) whole(await answer.text())
}

export function shown() {
  visible = true
  end()
  seen = last
  newer.hidden = true
  badge('ctl-chat', 0, '')
}

export function hidden() { visible = false }

/** @type {{text: string, once: string}|null} the line on its way; the same text again is the same act */
let line = null
let busy = false, more = false

async function say() {
  const text = box.value
  if (!text.trim()) return
  if (busy) { more = true; return }
  busy = true
  if (line?.text !== text) line = {text, once: once()}
  const answer = await post(at + '/chat', line)
  busy = false
  trouble(answer.ok ? '' : answer.why)
  if (answer.ok) {
    line = null
    if (box.value.startsWith(text)) box.value = box.value.slice(text.length).replace(/^\n/, '') // what was typed meanwhile stays
    grow()
  }
  if (more && answer.ok) say()
  more = false
}

/** @param {string} words */
function trouble(words) {
  why.textContent = words
  box.ariaInvalid = words ? 'true' : null
}

/** The box is as high as what is in it, up to a third of the panel. */
function grow() {
  box.rows = Math.min(6, box.value.split('\n').length)
}

/** @param {{at: string, pass: string}} context */
export function start(context) {
  ({at, pass} = context)
  const form = /** @type {HTMLFormElement} */ (id('say'))
  form.onsubmit = event => { event.preventDefault(); say(); box.focus() }
  box.oninput = grow
  let breaks = false // Shift is held: Enter is a new line
  box.onbeforeinput = event => { if (event.inputType === 'insertLineBreak' && !breaks) event.preventDefault() }
  box.onkeydown = event => {
    breaks = event.shiftKey
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return // 229: Safari ends a composition before the key that ended it
    event.preventDefault()
    say()
  }
  newer.onclick = () => { shown(); log.focus() }
  log.onscroll = () => { if (visible && ended()) { seen = last; newer.hidden = true } }
  log.onclick = async event => {
    const button = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest('[data-delete]'))
    if (!button) return
    const answer = await post(at + '/chat/delete', {n: button.dataset.delete ?? ''})
    if (!answer.ok) tell(answer.why)
  }
}
