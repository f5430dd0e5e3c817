// The dashboard: typing in the search box narrows the tiles at once.
import 'foyer/page.js'

const tiles = () => document.querySelectorAll('#rooms .tile, #events .event')

/** Hides the tiles whose name does not hold what is typed; the server does the same when the form is sent. Where none is left, a line says so. */
function find() {
  const box = /** @type {HTMLInputElement|null} */ (document.querySelector('[data-find]'))
  const none = /** @type {any} */ (document.getElementById('none'))
  if (!box) return void (none && (none.hidden = tiles().length > 0))
  const wanted = box.value.trim()
  let found = false
  for (const tile of tiles()) {
    const fits = (tile.querySelector('h3')?.textContent ?? '').toLowerCase().includes(wanted.toLowerCase());
    /** @type {HTMLElement} */ (tile).hidden = !fits
    found ||= fits
  }
  none.hidden = found
  if (wanted) none.firstElementChild.textContent = wanted
}

find() // somebody may have typed before this ran
document.addEventListener('input', event => {
  if (/** @type {Element} */ (event.target).matches('[data-find]')) find()
})

// The first tile, the last one and the eighth change more than the list: the frame around it is another one.
const searchFrom = 8 // tiles
const blank = () => !!document.querySelector('main>.blank')
const wasBlank = blank()
document.addEventListener('htmx:after:swap', () => {
  const few = !document.getElementById('rooms') || document.querySelector('[data-find]')
  if (blank() !== wasBlank || tiles().length >= searchFrom && !few) location.reload()
  else find()
})
