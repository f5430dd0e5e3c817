// The waiting screen: keeps one's place by its stream, and goes in without a click when a host says yes.
import {chime} from 'foyer/chime.js'
import {patch} from 'foyer/regions.js'
import {follow} from 'foyer/stream.js'
import {countdown, fresh} from 'foyer/until.js'

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

let told = NaN // seconds before the start that were told last to who cannot see it
countdown((left, words) => {
  const step = [0, 60, 300, 600].find(s => left <= s)
  if (!said || step === undefined || step === told) return
  if (!Number.isNaN(told) || step === 0) said.textContent = step === 0 ? 'The planned time has come. Still waiting for the host.' : words + '.'
  told = step
})

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
  async before(where) {
    if (!where.endsWith('/live')) return
    document.title = 'You are in: ' + document.title.replace(/^[^:]*: /, '')
    if (!document.hidden) return // who looks at it sees it
    chime()
    await new Promise(r => setTimeout(r, 400))
  },
  onState(up) {
    if (!lost || !said || lost.hidden === up) return
    lost.hidden = up
    said.textContent = up ? 'Connected again.' : lost.innerText
  },
  on(event, data) {
    if (event !== 'wait') return
    drawn = performance.now()
    patch('wait', data, fresh)
  },
})
addEventListener('pagehide', () => lines.stop())
addEventListener('pageshow', e => { if (e.persisted) location.reload() })
