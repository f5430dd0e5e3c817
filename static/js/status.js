// The status line: the worst thing first. News stand there for a while; "Connected" is for those who listen.

const line = /** @type {HTMLElement} */ (document.getElementById('status'))
const up = {stream: false, media: false, asking: false}
const staying = 15000 // ms that news can be read
/** @type {string[]} */
let news = []

/** @param {Partial<typeof up>} change */
export function state(change) {
  Object.assign(up, change)
  draw()
}

/** News for everybody who looks or listens. @param {string} words whole sentences */
export function note(words) {
  if (!words) return
  news = [...news.filter(w => w !== words), words].slice(-2)
  setTimeout(() => { news = news.filter(w => w !== words); draw() }, staying)
  draw()
}

/** News for those who listen only: the others see it anyway. @param {string} words */
export function say(words) {
  const said = document.getElementById('said')
  if (said) said.textContent = words
}

function draw() {
  const words = up.asking ? 'You are inside in another tab.'
    : !up.stream ? 'Connection lost. Coming back…' : !up.media ? 'Connecting…' : news.join(' ') || 'Connected'
  if (line.textContent !== words) line.textContent = words
  line.classList.toggle('fine', words === 'Connected')
}
