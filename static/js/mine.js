// What only this browser knows about a region that was drawn for everybody: the reader's clock, and who the reader is.

const hour = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit'})

/** @param {number} seconds @returns {string} */
export function since(seconds) {
  if (seconds < 10) return 'just now'
  if (seconds < 60) return Math.floor(seconds / 10) * 10 + ' s ago'
  if (seconds < 3600) return Math.floor(seconds / 60) + ' min ago'
  return Math.floor(seconds / 3600) + ' h ago'
}

/** Writes moments as the reader's own. @param {Element|Document} root */
export function times(root) {
  for (const t of /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll('time[data-ago],time[data-hour]'))) {
    const at = new Date(t.dateTime)
    const words = 'hour' in t.dataset ? hour.format(at) : since((Date.now() - at.getTime()) / 1000)
    if (t.textContent !== words) t.textContent = words
  }
}

/** Marks what is one's own, before it is shown. @param {Element} root @param {string} pass */
export function own(root, pass) {
  times(root)
  for (const e of root.querySelectorAll(`[data-pass="${pass}"]`)) {
    if (e.classList.contains('me')) continue // the page's own region, marked already
    e.classList.add('me')
    const you = document.createElement('span')
    you.className = 'you'
    you.textContent = ' (you)'
    e.querySelector('b')?.append(you)
  }
}

setInterval(() => times(document), 5000)
