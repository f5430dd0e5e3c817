// The queue in the room: a chip above tells how many wait, and folds their cards away.
import {queue} from 'foyer/knocks.js'

export {queue}

/** Puts the chip where the room's name is. Only hosts have one. */
export function doorChip() {
  const chip = /** @type {HTMLButtonElement|null} */ (document.getElementById('at-door'))
  if (!chip) return
  document.querySelector('.room>header')?.append(chip)
  chip.onclick = () => {
    const shut = document.body.classList.toggle('door-shut')
    chip.ariaExpanded = String(!shut)
  }
  document.addEventListener('foyer:queue', event => {
    const n = /** @type {CustomEvent<number>} */ (event).detail
    chip.hidden = !n
    const number = /** @type {HTMLElement} */ (chip.querySelector('.num'))
    if (number.textContent !== String(n)) number.textContent = String(n)
  })
}
