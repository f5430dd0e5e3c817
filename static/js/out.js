// What this browser sends: a track or nothing for each line. Connections come and go, what is on stays on.

/** @typedef {import('foyer/rtc.js').SourceKind} SourceKind */
/** @typedef {{replace: (kind: SourceKind, track: MediaStreamTrack|null) => Promise<unknown>}} Sender */

/** @type {Record<SourceKind, MediaStreamTrack|null>} */
export const tracks = {microphone: null, camera: null, screen: null, screenAudio: null}

/** @type {Sender|null} */
let sender = null

let told = () => {}

/** @type {(() => void)[]} who wait for something to be on */
const waiting = []

/** Resolves as soon as there is something to send. Who may send nothing just now is refused a connection, rightly. */
export function something() {
  return Object.values(tracks).some(Boolean) ? Promise.resolve() : new Promise(on => waiting.push(() => on(undefined)))
}

/** @param {() => void} f is called whenever a screen begins or ends, which the server must know @returns {void} */
export function tellScreen(f) { told = f }

/** @param {SourceKind} kind @param {MediaStreamTrack|null} track */
export function give(kind, track) {
  const was = tracks.screen
  tracks[kind] = track
  if (tracks.screen !== was) told()
  if (track) for (const on of waiting.splice(0)) on()
  sender?.replace(kind, track).catch(() => {}) // of a connection that was lost: the next one begins with it
}

/** A new connection takes over; what was switched meanwhile counts. @param {Sender} s */
export function sendBy(s) {
  sender = s
  for (const [kind, track] of Object.entries(tracks)) give(/** @type {SourceKind} */ (kind), track)
}
