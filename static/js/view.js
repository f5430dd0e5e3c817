// What of the others this page shows, and how large: the node sends no picture that nobody sees, and none larger than it is
// shown. What is heard is not told here: sound goes on in a tab that is hidden.

/** @typedef {import('foyer/rtc.js').View} View */
/** @typedef {{view: (shown: View) => Promise<number>}} Connection */

const settling = 150, again = 1000 // ms: while a page moves it is told once, and again when that did not arrive
const step = 32, most = 8192 // device pixels
const guess = [640, 360] // of who comes next, while there is nobody to compare with

/** @type {Map<number, HTMLVideoElement>} */
const pictures = new Map()
const inSight = new Set()
const sight = new IntersectionObserver(all => {
  for (const one of all) inSight[one.isIntersecting ? 'add' : 'delete'](one.target)
  look()
})
const sizes = new ResizeObserver(() => look())

/** @type {Connection|null} */
let connection = null
let told = '', toldTiles = /** @type {View['tiles']} */ ({})
let telling = false, timer = 0

/** From now on this slot's picture counts. @param {number} slot @param {HTMLVideoElement} video for good */
export function watch(slot, video) {
  pictures.set(slot, video)
  sight.observe(video)
  sizes.observe(video)
}

/** A new connection knows nothing yet. @param {Connection} to */
export function showTo(to) {
  connection = to
  told = ''
  toldTiles = {}
  look()
}

for (const event of ['visibilitychange', 'enterpictureinpicture', 'leavepictureinpicture']) document.addEventListener(event, look)
addEventListener('resize', look) // another zoom, another screen

/** @param {number} css pixels */
const device = css => Math.min(most, Math.ceil(css * devicePixelRatio / step) * step)

/** What is shown now. A slot without anybody is as large as the next picture in it will be, which then comes at once. @returns {View} */
function shown() {
  /** @type {View} */
  const view = {tiles: {}, pinned: []}
  const free = []
  for (const [slot, video] of pictures) {
    const apart = document.pictureInPictureElement === video // in a window of its own, wherever the page is
    if (document.hidden && !apart) continue
    if (!video.isConnected || video.closest('[hidden]')) { free.push(slot); continue }
    const {clientWidth: width, clientHeight: height} = video
    if (!apart && !inSight.has(video) || !width || !height) continue
    view.tiles[slot] = [device(width), device(height)]
    if (video.parentElement?.matches('.big, #screen')) view.pinned.push(slot)
  }
  const smallest = Object.values(view.tiles).sort(([a], [b]) => a - b)[0] ?? guess
  for (const slot of free) view.tiles[slot] = smallest
  return view
}

/** Tells what changed: at once what came into sight, after a moment all else. */
function look() {
  if (telling || !connection) return
  const {tiles} = shown()
  if (Object.keys(tiles).some(slot => !(slot in toldTiles))) tell()
  else timer ||= window.setTimeout(tell, settling)
}

async function tell() {
  clearTimeout(timer)
  timer = 0
  const to = connection, view = shown(), text = JSON.stringify(view)
  if (telling || !to || text === told) return
  telling = true
  told = text
  toldTiles = view.tiles
  const status = await to.view(view)
  telling = false
  if (to !== connection || status && status !== 429 && status < 500) return look()
  told = ''
  timer = window.setTimeout(tell, again)
}
