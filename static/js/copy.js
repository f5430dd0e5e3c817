// Copies links: those that stand on a page, and those that the server tells when the button is pressed, because a host link
// does not lie about in a page that is left open.

/** @param {string} words what the screen reader is told */
function say(words) {
  const said = document.getElementById('said')
  if (said) said.textContent = words
}

/** @param {HTMLElement} button @returns {Promise<string>} the link it copies */
async function linkOf(button) {
  if (button.dataset.copy) return button.dataset.copy
  const at = /** @type {HTMLButtonElement} */ (button).form?.action + '/' + button.dataset.copyFrom // short, because each tile has two
  const answer = await fetch(at, {headers: {'X-Foyer-Quiet': '1'}})
  if (!answer.ok) throw new Error(String(answer.status))
  return answer.text()
}

/** @param {HTMLElement} button */
async function copy(button) {
  // A ClipboardItem takes the promise itself, because Safari wants the write inside the click.
  const text = linkOf(button).then(t => new Blob([t], {type: 'text/plain'}))
  if (window.ClipboardItem) await navigator.clipboard.write([new ClipboardItem({'text/plain': text})])
  else await navigator.clipboard.writeText(await linkOf(button))
  say(button.dataset.said ?? 'Copied')
  const word = [...button.childNodes].find(n => n.nodeType === Node.TEXT_NODE && n.textContent?.trim())
  if (!word || button.dataset.busy) return
  const before = word.textContent
  button.dataset.busy = 'yes'
  word.textContent = 'Copied'
  setTimeout(() => { word.textContent = before; delete button.dataset.busy }, 2000)
}

document.addEventListener('click', event => {
  const button = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest('[data-copy],[data-copy-from]'))
  if (!button) return
  if (!navigator.clipboard) { // plain http: the hand copies, or the form leads to the page with the links
    const field = /** @type {HTMLInputElement|null} */ (button.parentElement?.querySelector('input[readonly]'))
    field?.select()
    return say(field ? 'Selected. Copy it with Ctrl+C.' : '')
  }
  event.preventDefault()
  copy(button).catch(() => button.closest('form')?.submit())
})
