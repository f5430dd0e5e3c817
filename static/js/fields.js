// Puts an organiser's questions in order by dragging. Without it, buttons move one up or down; those stay.
import 'foyer/page.js'

const form = /** @type {HTMLFormElement|null} */ (document.querySelector('[data-order]'))
const rows = () => /** @type {HTMLElement[]} */ ([...(form?.querySelectorAll('[data-field]') ?? [])])
const order = () => rows().map(r => r.dataset.field).join()

/** @type {HTMLElement|undefined} */
let held
let before = ''

for (const row of rows()) {
  row.draggable = true
  row.addEventListener('dragstart', event => {
    held = row
    before = order()
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move'
    event.dataTransfer?.setData('text/plain', row.querySelector('b')?.textContent ?? '')
    row.classList.add('held')
  })
  row.addEventListener('dragover', event => {
    if (!held) return // a file, or something of another page
    event.preventDefault()
    if (row === held) return
    const {top, height} = row.getBoundingClientRect()
    row[event.clientY < top + height / 2 ? 'before' : 'after'](held)
  })
  row.addEventListener('drop', event => event.preventDefault())
  row.addEventListener('dragend', drop)
}

/** Tells the server where a question was let go; when that fails, the page is drawn as the server has it. */
async function drop() {
  held?.classList.remove('held')
  held = undefined
  const now = order()
  if (!form || now === before) return
  const body = new URLSearchParams({order: now, once: [...crypto.getRandomValues(new Uint32Array(3))].join('-')})
  await fetch(form.action, {method: 'POST', body, keepalive: true, headers: {'X-Foyer-Quiet': '1'}}).catch(() => null)
  location.assign(location.pathname) // which buttons can be pressed is another question now
}
