// The lists of cameras, microphones and speakers. A browser tells their names only after it was allowed to open one.

/** @typedef {'microphone'|'camera'|'speakers'} Which */

const kinds = /** @type {const} */ ({microphone: 'audioinput', camera: 'videoinput', speakers: 'audiooutput'})
const words = {microphone: 'Microphone', camera: 'Camera', speakers: 'System speakers'}
/** @type {Record<string, string>} What a list says that has nothing to choose from. */
const none = {NotAllowedError: 'Not allowed', NotFoundError: 'None found', NotReadableError: 'In use by another program'}

/** @type {MediaDeviceInfo[]} */
let all = []

/** @param {Which} which @returns {MediaDeviceInfo[]} */
export function devices(which) { return all.filter(d => d.kind === kinds[which]) }

export async function look() { all = await navigator.mediaDevices.enumerateDevices().catch(() => []) }

/**
 * Fills a list again where something changed.
 * @param {Which} which @param {string[]} wishes ids, the first that is there is shown as chosen @param {string} reason why none is open, "" = one is
 */
export function fill(which, wishes, reason) {
  const list = /** @type {HTMLSelectElement} */ (document.getElementById('pick-' + which))
  const there = devices(which).filter(d => d.label)
  /** @type {string[][]} */
  let options = there.map(d => [d.deviceId, d.label])
  const empty = !options.length
  if (empty) options = [['', which === 'speakers' || !reason ? words[which] : none[reason] ?? 'Could not be started']]
  const id = wishes.find(w => w && there.some(d => d.deviceId === w)) ?? options[0][0]
  if (options.join() !== [...list.options].map(o => [o.value, o.text]).join()) list.replaceChildren(...options.map(([value, text]) => new Option(text, value)))
  list.value = id
  list.disabled = empty
}
