// Sharing one's screen, with its sound where the browser gives it: a window of the browser's asks what, and everything
// that was shared ends by the button, by the browser's own "stop sharing", or when somebody else shares.
import {give, tracks} from 'foyer/out.js'
import {note, say} from 'foyer/status.js'

const button = /** @type {HTMLButtonElement|null} */ (document.getElementById('ctl-share'))
const preview = /** @type {HTMLElement|null} */ (document.getElementById('own-screen'))
const crossing = 1000 // ms within which two people may begin without having seen each other's screen
const settled = 6000 // ms after which a screen that ended is not shown any more

let began = 0, asking = false
let other = '' // whose screen was shown when ours began, or the last we yielded to

/** Takes the button into use, or away where the browser cannot share, as on phones. @param {() => string} shown whose screen is shown to us */
export function sharing(shown) {
  if (!button) return
  if (!navigator.mediaDevices?.getDisplayMedia) return button.remove()
  button.disabled = false
  button.setAttribute('aria-pressed', 'false')
  button.onclick = () => toggle(shown)
  const end = preview?.querySelector('button')
  if (end) end.onclick = () => toggle(shown)
}

/** @param {() => string} shown */
export async function toggle(shown) {
  if (!button || button.disabled || asking) return
  if (tracks.screen) { stop('You stopped sharing.'); return button.focus() }
  asking = true
  try {
    const media = await navigator.mediaDevices.getDisplayMedia(/** @type {any} */ ({video: true, audio: true, systemAudio: 'include', selfBrowserSurface: 'exclude', surfaceSwitching: 'include'}))
    begin(media, shown())
  } catch (e) {
    if (/** @type {Error} */ (e).name !== 'NotAllowedError') note('Your screen could not be shared.')
  }
  asking = false
}

/** @param {MediaStream} media @param {string} seen */
function begin(media, seen) {
  const [picture] = media.getVideoTracks(), [sound = null] = media.getAudioTracks()
  other = seen
  began = performance.now()
  picture.onended = () => { if (tracks.screen === picture) stop('You stopped sharing.') }
  give('screen', picture)
  give('screenAudio', sound)
  draw(media)
  say(sound ? 'You are sharing your screen and its sound.' : 'You are sharing your screen.')
}

/** @param {string} words */
function stop(words) {
  for (const kind of /** @type {const} */ (['screen', 'screenAudio'])) {
    tracks[kind]?.stop()
    give(kind, null)
  }
  draw(null)
  note(words)
}

/** @param {MediaStream|null} media */
function draw(media) {
  button?.setAttribute('aria-pressed', String(!!media))
  if (!preview) return
  preview.hidden = !media
  const video = /** @type {HTMLVideoElement} */ (preview.querySelector('video')), words = /** @type {HTMLElement} */ (preview.querySelector('p'))
  video.srcObject = media && new MediaStream(media.getVideoTracks()) // without its sound: one hears that anyway
  video.play().catch(() => {})
  if (media) words.textContent = media.getAudioTracks().length ? 'You are sharing, with sound' : 'You are sharing'
}

/**
 * The newest screen wins. Whoever shared before sees another's come up, and stops; when two begin at once and each sees
 * the other's, the lower pass yields. @param {string} whose the screen shown to us now @param {string} me @param {string} name
 */
export function yields(whose, me, name) {
  if (!tracks.screen || !whose) { if (!whose) other = ''; return }
  if (whose === other) return
  other = whose
  const mine = tracks.screen, over = () => stop(`${name || 'Somebody else'} is sharing now. Your screen is not shared any more.`)
  if (performance.now() - began > crossing || me < whose) return over()
  setTimeout(() => { if (tracks.screen === mine && other === whose) over() }, settled)
}
