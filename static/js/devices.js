// Camera and microphone: asked for together, then one by one, so that a missing or denied one does not cost the other.

/** @typedef {'microphone'|'camera'} Kind */
/** @typedef {{track: MediaStreamTrack|null, trouble: string}} Opened trouble: a whole sentence for people, "" = none */

/** @type {Record<string, string>} */
const reasons = {
  NotAllowedError: 'is not allowed for this page. Allow it beside the address and reload.',
  NotFoundError: 'was not found.',
  NotReadableError: 'is in use by another program.',
  OverconstrainedError: 'does not fit.',
  AbortError: 'could not be started.',
}

const wanted = {
  microphone: {audio: {echoCancellation: true, noiseSuppression: true, autoGainControl: true}},
  camera: {video: {width: {ideal: 1280}, height: {ideal: 720}, frameRate: {ideal: 30}}},
}

/** What to ask the browser for. @param {Kind} kind @param {MediaTrackConstraints} more which one, @example {deviceId: {ideal: id}} */
function ask(kind, more) {
  const [[type, basic]] = Object.entries(wanted[kind])
  return {[type]: {...basic, ...more}}
}

/** @param {Kind} kind @param {MediaTrackConstraints} [more] @returns {Promise<Opened>} */
export async function open(kind, more = {}) {
  if (!navigator.mediaDevices) return {track: null, trouble: 'Camera and microphone need https.'}
  try {
    return {track: (await navigator.mediaDevices.getUserMedia(ask(kind, more))).getTracks()[0], trouble: ''}
  } catch (e) {
    return {track: null, trouble: `Your ${kind} ${reasons[/** @type {Error} */ (e).name] ?? 'could not be started.'}`}
  }
}

/** Both with one question of the browser. @param {Partial<Record<Kind, MediaTrackConstraints>>} [more] @returns {Promise<{microphone: Opened, camera: Opened}>} */
export async function openBoth(more = {}) {
  try {
    const both = await navigator.mediaDevices.getUserMedia({...ask('microphone', more.microphone ?? {}), ...ask('camera', more.camera ?? {})})
    return {microphone: {track: both.getAudioTracks()[0], trouble: ''}, camera: {track: both.getVideoTracks()[0], trouble: ''}}
  } catch {
    return {microphone: await open('microphone', more.microphone), camera: await open('camera', more.camera)}
  }
}
