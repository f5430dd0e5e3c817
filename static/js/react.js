// Reactions fly over a person's picture for three seconds. They are never kept, and some may be lost.
import {post} from 'foyer/quiet.js'
import {tell} from 'foyer/told.js'

const lasts = 3000, most = 20 // ms; on the screen at once
const control = /** @type {HTMLButtonElement} */ (document.getElementById('ctl-react'))
const menu = /** @type {HTMLElement} */ (document.getElementById('reactions'))

/** @typedef {{pass: string, name: string, reaction: string}} Reaction */

/** @type {Reaction[]} not read out yet */
let unsaid = []
let timer = 0

/** @param {Reaction} one */
export function fly(one) {
  const all = document.querySelectorAll('.flying')
  if (all.length >= most) all[0].remove()
  const tile = document.getElementById('person-' + one.pass), seen = tile?.checkVisibility()
  const sign = document.createElement('span')
  sign.className = 'flying'
  sign.textContent = one.reaction
  sign.ariaHidden = 'true'
  ;(seen ? tile : document.getElementById('main'))?.append(sign)
  setTimeout(() => sign.remove(), lasts)
  unsaid.push(one)
  timer ||= setTimeout(read, 1500)
}

/** One sentence for all that came within a moment. */
function read() {
  const names = [...new Set(unsaid.map(u => u.name))], signs = [...new Set(unsaid.map(u => u.reaction))]
  const who = names.length > 2 ? `${names[0]} and ${names.length - 1} others` : names.join(' and ')
  const said = document.getElementById('reacted')
  if (said) said.textContent = `${who} reacted ${signs.join(' ')}`
  unsaid = []
  timer = 0
}

/** What the choices stand beside: on a phone React lies in the menu behind More. @returns {HTMLElement|null} */
function source() {
  return control.closest('[popover]') ? document.querySelector('[popovertarget=more]') : control
}

export function stop() {
  if (menu.matches(':popover-open')) menu.hidePopover()
}

/** @param {{at: string}} context */
export function start(context) {
  control.disabled = false
  control.ariaExpanded = 'false'
  let wasOpen = false // a press outside closes the menu before the click comes
  control.onpointerdown = () => { wasOpen = menu.matches(':popover-open') }
  control.onclick = () => {
    if (!wasOpen) /** @type {any} */ (menu).togglePopover({source: source()})
    wasOpen = false
  }
  menu.addEventListener('toggle', event => {
    const open = /** @type {ToggleEvent} */ (event).newState === 'open'
    control.ariaExpanded = String(open)
    if (open) menu.querySelector('button')?.focus()
    else if (document.activeElement === document.body || !document.activeElement) source()?.focus()
  })
  menu.addEventListener('submit', async event => {
    event.preventDefault()
    const by = /** @type {HTMLButtonElement} */ (event.submitter)
    menu.hidePopover()
    const answer = await post(context.at + '/react', {reaction: by.value})
    if (!answer.ok) tell(answer.why)
  })
}
