// How long it is to a start, which this page keeps true by its own clock from the server's time on: that may go wrong as long
// as it goes.

const day = 86400

/** Days since 1970 on this machine's calendar. @param {number} ms */
const date = ms => Math.floor((ms / 1000 - new Date(ms).getTimezoneOffset() * 60) / day)

/** As the server says it (Page.until); each second in the last minute. @param {number} seconds whole ones */
export function until(seconds, now = Date.now()) {
  const minutes = Math.ceil(seconds / 60), hours = Math.floor(minutes / 60)
  if (seconds <= -60) return 'Should begin any moment'
  if (seconds <= 0) return 'Begins now'
  if (seconds <= 60) return seconds === 1 ? 'In a second' : `In ${seconds} seconds`
  if (minutes < 60) return `In ${minutes} minutes`
  if (hours < 48) return `In ${hours} h` + (minutes % 60 ? ` ${minutes % 60} min` : '')
  return `In ${Math.max(2, date(now + seconds * 1000) - date(now))} days`
}

let drawn = performance.now() // when what the page says was true

/** @param {ParentNode} within @param {(left: number, words: string) => void} [tell] */
function count(within, tell) {
  const e = /** @type {HTMLElement|null} */ (within.querySelector('[data-until]'))
  if (!e) return
  const left = Math.ceil(Number(e.dataset.until) - (performance.now() - drawn) / 1000), words = until(left)
  if (e.textContent !== words) e.textContent = words
  tell?.(left, words)
}

/** Writes the words into a region that came just now. @param {Element} region */
export function fresh(region) {
  drawn = performance.now()
  count(region)
}

/** Keeps the words true. @param {(left: number, words: string) => void} [tell] hears them each second */
export function countdown(tell) {
  setInterval(() => count(document, tell), 1000)
}
