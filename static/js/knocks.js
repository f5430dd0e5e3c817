// Who knocks, on every page that shows the queue: in the room, on the dashboard, on a room's own page. Cards stay where they
// are while they are pressed; a new knock is heard and stands in the title.
import {times} from 'foyer/mine.js'
import {send} from 'foyer/quiet.js'
import {patch} from 'foyer/regions.js'
import {chime} from 'foyer/chime.js'

const title = document.title.replace(/^\(\d+\) /, '')
const region = () => document.getElementById('queue')
let asking = -1 // nothing is known yet: who knocked before this page was opened makes no sound
let pressed = false
let waiting = ''
/** @type {Set<string>} */
let known = new Set()

/** Shows the queue as it was pushed, but not between the two halves of a click. @param {string} html */
export function queue(html) {
  if (pressed) { waiting = html; return }
  patch('queue', html, times)
  heed()
}

/** Nobody asked until now, so that the first one is news. */
export function nobody() {
  if (asking < 0) asking = 0
}

/** Looks at the queue that is shown: title, sound, and a sentence for who cannot see it. */
export function heed() {
  const at = region()
  if (!at) return
  const now = Number(at.dataset.asking ?? 0), cards = [...at.querySelectorAll('[data-asks]')].map(c => /** @type {HTMLElement} */ (c))
  document.title = now ? `(${now}) ${title}` : title
  const fresh = cards.filter(c => !known.has(c.id))
  if (asking >= 0 && now > asking) {
    if (!('quiet' in at.dataset)) chime()
    tell(fresh.map(c => `${c.dataset.name} asks to join ${c.dataset.room}`).join('. '))
  }
  known = new Set(cards.map(c => c.id))
  asking = now
  times(at)
  document.dispatchEvent(new CustomEvent('foyer:queue', {detail: now}))
}

/** @param {string} words */
function tell(words) {
  const said = document.getElementById('said')
  if (!said || !words) return
  said.textContent = words
  setTimeout(() => { if (said.textContent === words) said.textContent = '' }, 7000) // nobody should find an old knock there
}

/** Lets the first in who waits. */
export function admitFirst() {
  region()?.querySelector('[data-asks] .primary')?.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))
}

/** A refusal stands on the card; the card of who was answered by somebody else says so by itself. @param {HTMLFormElement} form @param {string} why */
function refused(form, why) {
  const card = form.closest('.knock'), err = /** @type {HTMLElement|null} */ (card?.querySelector('.err') ?? null)
  if (err) { err.textContent = why; err.hidden = false }
  tell(why)
}

document.addEventListener('submit', async event => {
  const form = /** @type {HTMLFormElement} */ (event.target)
  if (!region()?.contains(form)) return
  event.preventDefault()
  event.stopPropagation() // page.js would leave the page to tell a refusal
  if (form.ariaBusy) return
  form.ariaBusy = 'true'
  const answer = await send(form, /** @type {HTMLElement|null} */ (event.submitter))
  form.ariaBusy = null
  if (!answer.ok) refused(form, answer.why)
}, {capture: true})

addEventListener('pointerdown', event => { pressed = !!region()?.contains(/** @type {Node} */ (event.target)) }, {capture: true})
for (const end of ['pointerup', 'pointercancel', 'blur']) addEventListener(end, () => setTimeout(() => {
  pressed = false
  if (waiting) queue(waiting)
  waiting = ''
}), {capture: true})

document.addEventListener('htmx:after:swap', heed) // the dashboard's queue comes with its tiles
