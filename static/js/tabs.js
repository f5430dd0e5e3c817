// One tab at a time: a person who opens the room a second time is asked where to go on. The tab inside holds a lock that
// browsers give up with the page; where there are no locks (plain http), the newer tab takes over, and the older is told.
import {state} from 'foyer/status.js'

const going = 500, reloading = 5000 // ms in which a page that ends gives its lock back
const mark = 'foyer-continue' // left by a lobby whose Continue here was pressed

/** Resolves when this tab is the one to go on. @param {string} room @param {string} slug */
export async function alone(room, slug) {
  const locks = navigator.locks, name = 'foyer-room-' + room
  if (!locks) return
  const asked = sessionStorage.getItem(mark) === slug
  sessionStorage.removeItem(mark)
  if (await free(locks, name)) return
  if (!asked) await permission()
  locks.request(name, hold) // as soon as the other tab has gone
}

/** @returns {Promise<void>} never: the lock is held until the page ends */
function hold() { return new Promise(() => {}) }

/**
 * Waits for the lock; a busy browser may take its time to give one that nobody holds.
 * @param {LockManager} locks @param {string} name @returns {Promise<boolean>} whether it is ours now
 */
async function free(locks, name) {
  const abort = new AbortController()
  let ours = false
  const given = new Promise(resolve => {
    locks.request(name, {signal: abort.signal}, () => { resolve(ours = true); return hold() }).catch(() => {})
  })
  const came = /** @type {PerformanceNavigationTiming|undefined} */ (performance.getEntriesByType('navigation')[0])
  while (!ours) {
    await Promise.race([given, new Promise(r => setTimeout(r, came?.type === 'reload' ? reloading : going))])
    const {held} = ours ? {} : await locks.query()
    if (held?.some(lock => lock.name === name) && !ours) { abort.abort(); break }
  }
  return ours
}

/** Asks whether to go on here. @returns {Promise<void>} */
function permission() {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById('d-tabs'))
  state({asking: true})
  dialog.showModal()
  return new Promise(resolve => {
    const go = /** @type {HTMLButtonElement} */ (dialog.querySelector('button'))
    go.onclick = () => { dialog.onclose = null; dialog.close(); state({asking: false}); resolve() }
    dialog.onclose = () => location.replace(/** @type {HTMLAnchorElement} */ (dialog.querySelector('a')).href) // Esc
  })
}
