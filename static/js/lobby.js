// The door: it changes by itself, takes what was typed along to sign-in, and says what it does when the button is pressed.
import {complain} from 'foyer/label.js'
import {patch} from 'foyer/regions.js'
import {follow} from 'foyer/stream.js'
import {countdown, fresh} from 'foyer/until.js'

document.cookie = `tz=${encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone)};path=/;max-age=31536000;samesite=lax`

const main = /** @type {HTMLElement} */ (document.querySelector('[data-lobby]'))
const form = /** @type {HTMLFormElement|null} */ (document.getElementById('label'))
const said = document.getElementById('said')
const word = () => document.querySelector('#way .btn.primary')?.textContent?.trim() ?? ''

countdown()

const lines = follow({
  url: () => main.dataset.stream ?? '',
  ticket: () => '',
  silence: 50000,
  onState() {},
  on(event, data) {
    const shut = document.querySelector('#way[data-shut]'), before = word()
    patch(event, data, event === 'head' ? fresh : undefined)
    if (event !== 'way') return
    if (!shut !== !document.querySelector('#way[data-shut]')) location.reload() // another page altogether
    if (said && word() !== before) said.textContent = word()
  },
})
addEventListener('pagehide', () => lines.stop())
addEventListener('pageshow', e => { if (e.persisted) location.reload() }) // as it was before one went in

form?.addEventListener('submit', e => {
  const button = /** @type {HTMLButtonElement|null} */ (e.submitter)
  if (button?.classList.contains('corner')) {
    e.preventDefault()
    return location.assign(signIn(button))
  }
  const name = /** @type {HTMLInputElement} */ (form.elements.namedItem('name'))
  if (!name.value.trim()) { // camera and image stay, which a page loaded again would have to ask for anew
    e.preventDefault()
    complain(name, form.dataset.missing ?? '')
    return name.focus()
  }
  if (!button) return
  if (button.ariaBusy === 'true') return e.preventDefault()
  if (button.name === 'ask') { // what is on may change while one waits; this tab knows it then
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('div>[name=mic],div>[name=camera]'))) input.value = 'yes'
  }
  if ('continue' in button.dataset) sessionStorage.setItem('foyer-continue', main.dataset.lobby ?? '')
  button.ariaBusy = 'true'
  button.textContent = button.dataset.busy ?? ''
})

/** Where to sign in, with the label as it is typed now. @param {HTMLButtonElement} button */
function signIn(button) {
  const q = new URLSearchParams({next: button.value}), typed = new FormData(form ?? undefined)
  for (const name of ['name', 'headline', 'colour', 'offered']) if (typed.has(name)) q.set(name, String(typed.get(name)))
  return button.formAction + '?' + q
}
