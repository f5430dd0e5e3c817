// The waiting screen: keeps one's place by its stream, and goes in without a click when a host says yes.
import {patch} from 'foyer/regions.js'
import {follow} from 'foyer/stream.js'

const main = /** @type {HTMLElement} */ (document.querySelector('[data-wait]'))
const lost = document.getElementById('lost'), said = document.getElementById('said')
let drawn = performance.now() // when what the page says was true

/** The server's words, kept true by this machine's clock, which may go wrong as long as it goes. @param {number} seconds */
function ago(seconds) {
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return minutes === 1 ? 'a minute ago' : `${minutes} minutes ago`
  return hours === 1 ? 'an hour ago' : `${hours} hours ago`
}

function tick() {
  for (const e of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-age]'))) {
    const words = ago(Number(e.dataset.age) + (performance.now() - drawn) / 1000)
    if (e.textContent !== words) e.textContent = words
  }
}
setInterval(tick, 5000)

const lines = follow({
  url: () => main.dataset.stream ?? '',
  ticket: () => '',
  silence: 15000,
  onState(up) {
    if (!lost || !said || lost.hidden === up) return
    lost.hidden = up
    said.textContent = up ? 'Connected again.' : lost.innerText
  },
  on(event, data) {
    if (event !== 'wait') return
    drawn = performance.now()
    patch('wait', data)
  },
})
addEventListener('pagehide', () => lines.stop())
addEventListener('pageshow', e => { if (e.persisted) location.reload() })
