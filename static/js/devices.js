// Camera and microphone: asked for together, then one by one, so that a missing or denied one does not cost the other.

/** @typedef {'microphone'|'camera'} Kind */
/** @typedef {{track: MediaStreamTrack|null, trouble: string, reason: string}} Opened trouble: a whole sentence for people, reason: the error's name; "" = none */

/** @type {Record<string, string>} */
const reasons = {
  NotAllowedError: 'is not allowed for this page. Allow it beside the address and reload.',
  NotFoundError: 'was not found.',
  NotReadableError: 'is in use by another program.',
  OverconstrainedError: 'does not fit.',
  AbortError: 'could not be started.',
}

const wanted = {
  microphone: {echoCancellation: true, noiseSuppression: true, autoGainControl: true},
  camera: {width: {ideal: 1280}, height: {ideal: 720}, frameRate: {ideal: 30}},
}
const names = {microphone: 'audio', camera: 'video'}

/** @param {Kind} kind @param {MediaTrackConstraints} [which] one in particular @returns {Promise<Opened>} */
export async function open(kind, which) {
  if (!navigator.mediaDevices) return {track: null, trouble: 'Camera and microphone need https.', reason: 'SecurityError'}
  try {
    const stream = await navigator.mediaDevices.getUserMedia({[names[kind]]: {...wanted[kind], ...which}})
    return {track: stream.getTracks()[0], trouble: '', reason: ''}
  } catch (e) {
    return {track: null, ...why(kind, /** @type {Error} */ (e))}
  }
}

/** @param {Kind} kind @param {Error} e */
function why(kind, e) {
  const bySystem = e.name === 'NotAllowedError' && /system/i.test(e.message)
  const words = bySystem ? 'is not allowed for this browser. Allow it in the privacy settings of your system and reload.' : reasons[e.name] ?? 'could not be started.'
  return {trouble: `Your ${kind} ${words}`, reason: e.name}
}

/** Both with one question of the browser. @param {Partial<Record<Kind, MediaTrackConstraints>>} [which] @returns {Promise<Record<Kind, Opened>>} */
export async function openBoth(which = {}) {
  try {
    const both = await navigator.mediaDevices.getUserMedia({audio: {...wanted.microphone, ...which.microphone}, video: {...wanted.camera, ...which.camera}})
    const opened = (/** @type {MediaStreamTrack} */ track) => ({track, trouble: '', reason: ''})
    return {microphone: opened(both.getAudioTracks()[0]), camera: opened(both.getVideoTracks()[0])}
  } catch {
    return {microphone: await open('microphone', which.microphone), camera: await open('camera', which.camera)}
  }
}
