// How the stage is laid out: everybody alike, the speaker large, or a shared screen with people beside it. Tiles never
// leave their list, because a picture that is moved stops; classes say where they stand.

const stage = /** @type {HTMLElement} */ (document.getElementById('stage'))
const button = document.getElementById('ctl-view')
const hysteresis = 1500 // ms that the present speaker keeps the place after somebody else took the word
const remembered = 'foyer-view'

let me = '', screen = '', active = ''
/** @type {string[]} loudest first */
let voices = []
let since = 0 // when the active speaker stopped being the loudest, 0 = is
let large = recall()
let timer = 0

/** @param {string} pass @returns {HTMLElement|null} */
export function tile(pass) {
  return pass ? document.getElementById('person-' + pass) : null
}

/** @param {string} pass */
export function nameOf(pass) {
  return tile(pass)?.querySelector('b')?.firstChild?.textContent?.trim() ?? ''
}

function recall() {
  try {
    return localStorage.getItem(remembered) === 'speaker'
  } catch {
    return false
  }
}

/** The button between everybody alike and the speaker large. */
export function views() {
  if (!button) return
  button.removeAttribute('disabled')
  button.onclick = () => {
    large = !large
    try {
      localStorage.setItem(remembered, large ? 'speaker' : 'grid')
    } catch {} // then it is for this call only
    arrange(me, screen)
  }
  arrange(me, screen)
}

/** @param {string} own one's own pass @param {string} whose the pass whose screen is shown, "" = none */
export function arrange(own, whose) {
  me = own
  screen = whose
  const people = [...document.querySelectorAll('#people>[data-pass]')]
  if (!tile(active)) active = first(people)
  const big = !screen && large && people.length > 1 ? active : ''
  stage.classList.toggle('stage', !!screen || !!big)
  button?.setAttribute('aria-pressed', String(large))
  for (const t of people) {
    const pass = /** @type {HTMLElement} */ (t).dataset.pass
    t.classList.toggle('big', pass === big)
    t.classList.toggle('first', !!screen && pass === active)
    t.classList.toggle('speaking', voices.includes(pass ?? ''))
  }
}

/** Before anybody spoke: somebody with a picture, somebody else, oneself. @param {Element[]} people */
function first(people) {
  const others = people.filter(t => /** @type {HTMLElement} */ (t).dataset.pass !== me)
  const who = others.find(t => t.classList.contains('showing')) ?? others[0]
  return /** @type {HTMLElement|undefined} */ (who)?.dataset.pass ?? ''
}

/** @param {string[]} passes who speaks, the loudest first */
export function speaking(passes) {
  voices = passes
  const loudest = passes.find(p => p !== me && tile(p)), now = performance.now()
  clearTimeout(timer)
  if (loudest === active) since = 0
  else since ||= now
  if (loudest && loudest !== active) {
    const wait = tile(active) && active ? since + hysteresis - now : 0
    if (wait > 0) timer = window.setTimeout(() => speaking(voices), wait)
    else { active = loudest; since = 0 }
  }
  arrange(me, screen)
}
