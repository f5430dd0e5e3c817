// Camera and microphone: asked for together, then one by one, so that a missing or denied one does not cost the other.

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

/**
 * @returns {Promise<{microphone: MediaStreamTrack|null, camera: MediaStreamTrack|null, trouble: string[]}>}
 *   trouble: whole sentences for people
 */
export async function open() {
  if (!navigator.mediaDevices) return {microphone: null, camera: null, trouble: ['Camera and microphone need https.']}
  try {
    const both = await navigator.mediaDevices.getUserMedia({...wanted.microphone, ...wanted.camera})
    return {microphone: both.getAudioTracks()[0], camera: both.getVideoTracks()[0], trouble: []}
  } catch {
    const trouble = /** @type {string[]} */ ([])
    return {microphone: await one('microphone', trouble), camera: await one('camera', trouble), trouble}
  }
}

/** @param {'microphone'|'camera'} kind @param {string[]} trouble @returns {Promise<MediaStreamTrack|null>} */
async function one(kind, trouble) {
  try {
    return (await navigator.mediaDevices.getUserMedia(wanted[kind])).getTracks()[0]
  } catch (e) {
    trouble.push(`Your ${kind} ${reasons[/** @type {Error} */ (e).name] ?? 'could not be started.'}`)
    return null
  }
}
