// What every page of somebody signed in does beside showing itself: tell the reader's time zone once, copy links, send
// small forms without leaving the page. Without this script all of it works by loading a page.

import 'foyer/copy.js'

document.cookie = `tz=${encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone)};path=/;max-age=31536000;samesite=lax`

document.addEventListener('change', event => {
  const field = /** @type {HTMLInputElement} */ (event.target)
  if (field.matches('[data-submit]')) field.form?.requestSubmit()
})

/** Whether somebody chose something else than the page came with. @param {HTMLSelectElement|HTMLInputElement} field */
const chosen = field => 'options' in field ? !field.selectedOptions[0]?.defaultSelected : field.checked !== field.defaultChecked
addEventListener('DOMContentLoaded', () => { // and did so before this ran; all listeners are there by then
  for (const field of /** @type {NodeListOf<HTMLSelectElement|HTMLInputElement>} */ (document.querySelectorAll('[data-submit]'))) {
    if (chosen(field)) field.form?.requestSubmit()
  }
})

// A link that is called a button answers to the space bar like one.
document.addEventListener('keydown', event => {
  const link = /** @type {HTMLElement} */ (event.target)
  if (event.key !== ' ' || !link.matches?.('a[role=button]')) return
  event.preventDefault()
  link.click()
})

document.addEventListener('submit', async event => {
  const form = /** @type {HTMLFormElement} */ (event.target)
  const by = /** @type {HTMLButtonElement|null} */ (event.submitter)
  if (!form.matches('[data-quiet]') || (by?.formMethod || form.method) !== 'post') return
  event.preventDefault()
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form, by)))
  const to = by?.hasAttribute('formaction') ? by.formAction : form.action
  body.set('once', [...crypto.getRandomValues(new Uint32Array(3))].join('-')) // each turn of a switch is an act of its own
  const answer = await fetch(to, {method: 'POST', body, headers: {'X-Foyer-Quiet': '1'}}).catch(() => null)
  if (!answer?.ok) {
    form.removeAttribute('data-quiet')
    return form.requestSubmit(by) // let the page tell what is wrong
  }
  if (form.popover) form.hidePopover()
  if ('stale' in form.dataset) stale(form)
})

/** What stands around a dialog is drawn anew when it closes; its own words change at once. @param {HTMLFormElement} form */
function stale(form) {
  const on = /** @type {HTMLInputElement} */ (form.querySelector('input[type=checkbox]')).checked
  const words = /** @type {HTMLElement|null} */ (form.querySelector('[data-on]'))
  if (words) words.textContent = (on ? words.dataset.on : words.dataset.off) ?? ''
  form.closest('dialog')?.addEventListener('close', () => location.assign(location.pathname), {once: true})
}

// Browsers from before 2025 do not know command and commandfor.
if (!('command' in HTMLButtonElement.prototype)) document.addEventListener('click', event => {
  const by = /** @type {Element} */ (event.target).closest('[commandfor]')
  const dialog = /** @type {HTMLDialogElement|null} */ (document.getElementById(by?.getAttribute('commandfor') ?? ''))
  if (by?.getAttribute('command') === 'close') dialog?.close()
  else dialog?.showModal()
})

// A dialog that the server opened is made a real one: focus stays inside, Esc closes it.
for (const dialog of document.querySelectorAll('dialog[open]')) {
  const d = /** @type {HTMLDialogElement} */ (dialog)
  d.close()
  d.showModal()
}

// A page whose stream says that there is nothing more to see goes where it says.
document.addEventListener('done', event => location.assign(/** @type {CustomEvent} */ (event).detail.data))

// Knocks are rare, and what shows one is not small (sound, title, answers): it is loaded with the first.
const door = document.getElementById('queue')
const knocks = () => import('foyer/knocks.js')
const source = /** @type {HTMLElement|null} */ (document.querySelector('[data-knocks-stream]'))?.dataset.knocksStream
let first = true // what is told first was so before the page was opened, and makes no sound

/** @param {(k: typeof import('foyer/knocks.js')) => void} show */
async function somebody(show) {
  const news = !first
  const k = await knocks()
  if (news) k.nobody()
  show(k)
}

// Over HTTP/1.1 a browser has six connections for all its tabs: there a hidden page lets its stream go.
const shared = /^h[23]/.test(/** @type {any} */ (performance.getEntriesByType('navigation')[0])?.nextHopProtocol)

if (source) import('foyer/stream.js').then(({follow}) => {
  const url = source
  /** @type {{stop: () => void}|undefined} */
  let lines
  const listen = (/** @type {boolean} */ on) => {
    lines?.stop()
    lines = on ? follow({url: () => url, ticket: () => '', silence: 45000, stay: !!document.querySelector('[data-lobby]'), onState() {}, on: heard}) : undefined
  }
  const heard = (/** @type {string} */ event, /** @type {string} */ html) => {
    if (event === 'queue' && (html.includes('data-knock=') || door?.childElementCount)) somebody(k => k.queue(html))
    first = false
  }
  document.addEventListener('visibilitychange', () => { if (!shared) listen(!document.hidden) })
  addEventListener('pagehide', () => listen(false))
  addEventListener('pageshow', event => { if (event.persisted) listen(true) })
  listen(shared || !document.hidden)
})
else if (door) { // the dashboard's queue comes with the page, and then with its tiles
  const look = () => {
    if (!document.querySelector('#queue [data-knock]')) return
    document.removeEventListener('htmx:after:swap', look)
    somebody(k => k.heed())
  }
  document.addEventListener('htmx:after:swap', look)
  look()
  first = false
}
