// The waiting screen: keeps one's place by its stream, and goes in without a click when a host says yes.
import {replace} from 'foyer/regions.js'
import {follow} from 'foyer/stream.js'

const main = /** @type {HTMLElement} */ (document.querySelector('[data-wait]'))
const lines = follow({
  url: () => main.dataset.stream ?? '',
  ticket: () => '',
  silence: 15000,
  onState() {},
  on(event, data) { if (event === 'wait') replace('wait', data) },
})
addEventListener('pagehide', () => lines.stop())
