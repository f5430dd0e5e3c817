// Shortcuts of the room. They rest while somebody types, leave all combinations to the browser, and can be switched off
// (WCAG 2.1.4).
import {admitFirst} from 'foyer/knocks.js'

/** @typedef {import('foyer/panel.js').Context} Context */

const kept = 'foyer-keys'
const dialog = /** @type {HTMLDialogElement} */ (document.getElementById('keys'))
const on = () => localStorage.getItem(kept) !== 'off'

/** Somebody types there, or the key already means something there. @param {EventTarget|null} at */
const taken = at => at instanceof Element && !!at.closest('input:not([type=checkbox]),textarea,select,[contenteditable],dialog,:popover-open')

/** @param {string} id */
const press = id => {
  const button = /** @type {HTMLButtonElement|null} */ (document.getElementById(id))
  if (button && !button.hidden) button.click()
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen()
  else document.documentElement.requestFullscreen?.().catch(() => {})
}

/** The list; its switch is the browser's own. */
function list() {
  const box = /** @type {HTMLInputElement} */ (document.getElementById('keys-on'))
  box.checked = on()
  box.onchange = () => localStorage.setItem(kept, box.checked ? 'on' : 'off')
  if (!dialog.open) dialog.showModal()
}

/** @param {Context} context @param {(side: string) => void} toggle opens a tab of the panel */
export function keys(context, toggle) {
  /** @type {Record<string, () => void>} */
  const does = {
    m: () => context.mic.toggle(), v: () => context.camera.toggle(), s: () => context.share.toggle(),
    h: () => press('ctl-hand'), r: () => press('ctl-react'), a: admitFirst, f: fullScreen, '?': list,
    c: () => { if (!document.getElementById('ctl-chat')?.hidden) toggle('chat') }, p: () => toggle('people'),
  }
  let talking = false
  const talk = (/** @type {boolean} */ down) => {
    if (down === talking) return
    talking = down
    context.mic.talk(down)
  }
  addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented || !on() || taken(event.target)) return
    if (event.key === ' ') {
      const at = /** @type {Element|null} */ (event.target)
      if (at?.closest('button,a,summary,input,[role=button],[role=tab]') || event.repeat && !talking) return
      event.preventDefault() // it would scroll
      return talk(true)
    }
    const act = does[event.key.toLowerCase()]
    if (!act || event.repeat) return
    event.preventDefault() // the letter is no part of what is typed next
    act()
  })
  addEventListener('keyup', event => { if (event.key === ' ') talk(false) })
  addEventListener('blur', () => talk(false))
  const button = document.getElementById('keys-open')
  if (button) button.onclick = list
}
