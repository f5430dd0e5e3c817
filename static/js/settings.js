// The dialog behind Devices: which camera, microphone and speakers, also in the middle of a call.
import {choose, chosen} from 'foyer/chosen.js'
import {speakers} from 'foyer/hearing.js'
import {change, live} from 'foyer/own.js'
import {note} from 'foyer/status.js'

const dialog = /** @type {HTMLDialogElement|null} */ (document.getElementById('d-devices'))
const flip = /** @type {HTMLButtonElement|null} */ (document.getElementById('flip'))
/** @type {Record<string, 'microphone'|'camera'|'speakers'>} */
const names = {audioinput: 'microphone', videoinput: 'camera', audiooutput: 'speakers'}

/** Takes the control into use. */
export function settings() {
  const button = document.getElementById('ctl-devices')
  if (!dialog || !button || !navigator.mediaDevices?.enumerateDevices) return button?.remove()
  button.removeAttribute('disabled')
  button.addEventListener('click', list)
  navigator.mediaDevices.addEventListener('devicechange', list)
  dialog.addEventListener('change', event => {
    const select = /** @type {HTMLSelectElement} */ (event.target), kind = /** @type {'microphone'|'camera'|'speakers'} */ (select.name)
    choose({[kind]: select.value})
    if (kind === 'speakers') return speakers(select.value)
    change(kind, select.value ? {deviceId: {exact: select.value}} : {}).then(list)
  })
  if (flip) flip.onclick = turn
  list()
}

/** Fills the pickers. What cannot be chosen here, such as speakers in some browsers, is not shown. */
async function list() {
  const all = await navigator.mediaDevices.enumerateDevices()
  for (const [type, kind] of Object.entries(names)) {
    const select = /** @type {HTMLSelectElement|null} */ (document.getElementById('pick-' + kind))
    if (!select) continue
    const some = all.filter(one => one.kind === type && one.deviceId)
    select.replaceChildren(...some.map((one, i) => new Option(one.label || `${kind} ${i + 1}`, one.deviceId)))
    select.value = inUse(kind, some)
    const field = /** @type {HTMLElement} */ (select.closest('.field'))
    field.hidden = kind === 'speakers' && (!some.length || !('setSinkId' in HTMLMediaElement.prototype))
    select.disabled = !some.length
    if (!some.length) select.append(new Option(`No ${kind} found`, ''))
  }
  if (flip) flip.hidden = all.filter(one => one.kind === 'videoinput').length < 2 || !matchMedia('(pointer: coarse)').matches
}

/** @param {'microphone'|'camera'|'speakers'} kind @param {MediaDeviceInfo[]} some */
function inUse(kind, some) {
  const now = kind === 'speakers' ? '' : live(kind)?.getSettings().deviceId
  const ids = [now, chosen()[kind], 'default', some[0]?.deviceId]
  return ids.find(id => id && some.some(one => one.deviceId === id)) ?? ''
}

/** From the front camera to the rear one and back; where a browser does not tell which is which, to the next. */
async function turn() {
  const {facingMode, deviceId} = live('camera')?.getSettings() ?? {}
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(one => one.kind === 'videoinput')
  const next = cameras[(cameras.findIndex(one => one.deviceId === (deviceId ?? chosen().camera)) + 1) % cameras.length]
  if (!live('camera')) note('Start your camera to see it.')
  choose({camera: facingMode ? '' : next?.deviceId ?? ''})
  await change('camera', facingMode ? {facingMode: {ideal: facingMode === 'user' ? 'environment' : 'user'}} : {deviceId: {exact: next?.deviceId}})
  await list()
}
