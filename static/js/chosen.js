// Which camera, microphone and speakers this person chose, at the door or in a call, and what was on.

const key = 'foyer-devices'

/** @typedef {{microphone?: string, camera?: string, speakers?: string, mic?: boolean, cam?: boolean}} Chosen ids, "" = the browser's choice; mic and cam: on */

/** @param {Storage} box @returns {Chosen} */
function read(box) {
  try {
    return JSON.parse(box.getItem(key) ?? '{}') ?? {}
  } catch {
    return {}
  }
}

/** Devices are remembered for good; what is on is this tab's own business. @returns {Chosen} */
export function chosen() {
  const {mic, cam, ...devices} = read(localStorage)
  void [mic, cam]
  return {...devices, ...read(sessionStorage)}
}

/** @param {Chosen} part */
export function choose(part) {
  const lasting = 'mic' in part || 'cam' in part ? [sessionStorage] : [sessionStorage, localStorage]
  for (const box of lasting) {
    try {
      box.setItem(key, JSON.stringify({...read(box), ...part}))
    } catch {} // a full or forbidden storage forgets
  }
}

/** The one chosen, or another where that is not there any more. @param {'microphone'|'camera'} kind @returns {MediaTrackConstraints} */
export function wish(kind) {
  const id = chosen()[kind]
  return id ? {deviceId: {ideal: id}} : {}
}
