// What the registration page does beside showing itself: it tells the reader's time zone, and says the times of the event
// on the reader's clocks when the server did not know them yet. Without it the page says the host's time.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
if (zone) document.cookie = `tz=${encodeURIComponent(zone)};path=/;max-age=31536000;samesite=lax`

/** @param {Date} t @param {Intl.DateTimeFormatOptions} options @returns {Record<string, string>} */
const parts = (t, options) => Object.fromEntries(new Intl.DateTimeFormat('en-US', {timeZone: zone, ...options}).formatToParts(t).map(p => [p.type, p.value]))

/** @param {Date} t */
const date = t => {
  const p = parts(t, {weekday: 'long', day: 'numeric', month: 'long', year: 'numeric'})
  return `${p.weekday} ${p.day} ${p.month} ${p.year}`
}

/** @param {Date} t */
const clock = t => {
  const p = parts(t, {hour: '2-digit', minute: '2-digit', hourCycle: 'h23'})
  return `${p.hour}:${p.minute}`
}

/** @param {Date} t */
const distance = t => {
  const name = parts(t, {timeZoneName: 'longOffset'}).timeZoneName.replace('GMT', 'UTC').replace('-', '−')
  return name === 'UTC' ? 'UTC+00:00' : name
}

/** As the server says it (calendar.When). @param {Date} from @param {Date} to */
const words = (from, to) => `${date(from)}, ${clock(from)}` + (date(from) === date(to) ? '–' : ` – ${date(to)}, `) + clock(to)

/** @param {Date} from @param {Date} to */
const place = (from, to) => {
  if (zone === 'UTC') return 'UTC'
  const city = zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ')
  return `${city} (${distance(from)}${distance(from) === distance(to) ? '' : ', then ' + distance(to)})`
}

/** @param {string} selector @param {string} text */
function put(selector, text) {
  for (const e of document.querySelectorAll(selector)) e.textContent = text
}

const times = /** @type {HTMLElement|null} */ (document.querySelector('[data-start]'))
if (times && zone && zone !== times.dataset.zone) {
  const from = new Date(times.dataset.start ?? ''), to = new Date(times.dataset.end ?? '')
  const same = `${distance(from)} ${distance(to)}` === times.dataset.offsets
  const whose = (same ? 'Your time and the host’s, ' : 'Your time, ') + place(from, to)
  put('#own time, .box time', words(from, to))
  put('#own small, .box small', whose)
  const short = parts(from, {day: 'numeric', month: 'short'})
  put('#month', short.month)
  put('#day', short.day)
  document.getElementById('own')?.removeAttribute('hidden')
  document.getElementById('theirs')?.toggleAttribute('hidden', same)
}

// A dialog that the server opened is made a real one: focus stays inside, and Esc leads where its link leads.
for (const dialog of document.querySelectorAll('dialog[open]')) {
  const d = /** @type {HTMLDialogElement} */ (dialog)
  d.removeAttribute('open') // close() would tell of it, later
  d.showModal()
  d.addEventListener('close', () => location.assign(d.dataset.after ?? '/'))
}
