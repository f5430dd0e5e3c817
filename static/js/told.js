// A sentence over the stage that comes and goes, seen and heard. What must be read later stands somewhere else as well.

const lasts = 7000 // ms
let timer = 0

/** @param {string} words */
export function tell(words) {
  const at = /** @type {HTMLElement} */ (document.getElementById('told'))
  at.textContent = words
  clearTimeout(timer)
  timer = setTimeout(() => { at.textContent = '' }, lasts)
}
