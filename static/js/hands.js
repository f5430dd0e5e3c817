// One's own raised hand, as the server has it, and a word to hosts when somebody raises theirs.
import {post} from 'foyer/quiet.js'
import {tell} from 'foyer/told.js'

const control = /** @type {HTMLButtonElement} */ (document.getElementById('ctl-hand'))
const host = 'host' in /** @type {HTMLElement} */ (document.getElementById('panel')).dataset
let at = '', pass = ''
/** @type {Set<string>|null} whose hands are up, null before the first look */
let up = null

/** Reads the tiles after each change of them: a hand that a host lowered is down here at once. */
export function look() {
  const now = new Map()
  for (const t of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-hand][data-pass]')))
    now.set(t.dataset.pass ?? '', t.querySelector('b')?.firstChild?.textContent?.trim() ?? '')
  draw(now.has(pass))
  const fresh = up ? [...now].filter(([who]) => who !== pass && !up?.has(who)).map(([, name]) => name) : []
  if (host && fresh.length) tell(fresh.join(' and ') + ' raised a hand')
  up = new Set(now.keys())
}

/** @param {boolean} raised */
function draw(raised) {
  const word = /** @type {Element} */ (control.querySelector('.word')), says = raised ? 'Lower hand' : 'Raise hand'
  if (word.textContent !== says) word.textContent = says
  control.classList.toggle('up', raised)
}

async function toggle() {
  const raise = !up?.has(pass)
  const answer = await post(at + '/hand', {up: raise ? 'yes' : 'no'})
  if (!answer.ok) tell(answer.why)
}

/** @param {{at: string, pass: string}} context */
export function start(context) {
  ({at, pass} = context)
  control.disabled = false
  control.onclick = toggle
  look()
}
