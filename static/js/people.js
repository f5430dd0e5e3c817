// The list of people in the panel: search, one's own row, and what hosts do to others.
import {own} from 'foyer/mine.js'
import {send} from 'foyer/quiet.js'
import {patch} from 'foyer/regions.js'
import {tell} from 'foyer/told.js'

const searchFrom = 6 // people
const field = /** @type {HTMLInputElement} */ (document.getElementById('find-person'))
let pass = ''

/** @param {string} html the region "list" */
export function list(html) {
  patch('list', html, fresh => own(fresh, pass))
  find()
  count()
}

/** @param {string} html the region "kept" */
export function kept(html) {
  patch('kept', html)
}

function count() {
  const n = Number(document.getElementById('list')?.dataset.count ?? 0)
  const frame = /** @type {HTMLElement} */ (field.parentElement)
  if (frame.hidden !== (n < searchFrom && !field.value)) frame.hidden = n < searchFrom && !field.value
  field.placeholder = `Search ${n} people`
  badge('ctl-people', n, 'inside')
}

/** Hides the rows whose name or headline does not hold what is typed. */
function find() {
  const wanted = field.value.trim().toLowerCase()
  let left = 0
  for (const section of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('#list>section'))) {
    let here = 0
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (section.querySelectorAll('li'))) {
      row.hidden = !(row.querySelector('.grow')?.textContent ?? '').toLowerCase().includes(wanted)
      if (!row.hidden) here++
    }
    section.hidden = !here
    left += here
  }
  /** @type {HTMLElement} */ (document.getElementById('found-nobody')).hidden = !wanted || left > 0
}

/** A small number on a control of the bar. It describes the control; its name stays. @param {string} id @param {number} n @param {string} what */
export function badge(id, n, what) {
  const control = /** @type {HTMLElement} */ (document.getElementById(id))
  let at = control.querySelector('.n')
  if (!n) { at?.remove(); control.ariaDescription = null; return }
  if (!at) {
    at = document.createElement('span')
    at.className = 'n'
    at.ariaHidden = 'true'
    control.append(at)
  }
  const shown = n > 99 ? '99+' : String(n)
  if (at.textContent !== shown) at.textContent = shown
  control.ariaDescription = `${n} ${what}`
}

/** @param {string} name */
function removed(name) {
  const note = /** @type {HTMLElement} */ (document.getElementById('removed'))
  note.hidden = false
  note.textContent = `${name} was removed. Their browser stays out until you allow it back; anyone with the link can still come from another browser: lock the room to stop that.`
  note.scrollIntoView({block: 'nearest'})
}

/** @param {{pass: string}} context */
export function start(context) {
  pass = context.pass
  const first = document.getElementById('list')
  if (first) own(first, pass)
  count()
  field.oninput = find
  // Small forms anywhere in the room: a refusal is told here, because leaving the page would be leaving the call.
  document.addEventListener('submit', async event => {
    const form = /** @type {HTMLFormElement} */ (event.target), by = /** @type {HTMLElement|null} */ (event.submitter)
    if (event.defaultPrevented || !form.matches('[data-quiet]')) return
    event.preventDefault()
    const answer = await send(form, by)
    if (!answer.ok) return tell(answer.why)
    if (by?.dataset.removes) removed(by.dataset.removes)
  })
}
