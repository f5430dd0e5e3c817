// The dialog behind Devices: which camera, microphone and speakers, also in the middle of a call.
import {choose, chosen} from 'foyer/chosen.js'
import {speakers} from 'foyer/hearing.js'
import {change, live} from 'foyer/own.js'
import {devices, fill, look} from 'foyer/pickers.js'
import {note} from 'foyer/status.js'

const dialog = /** @type {HTMLDialogElement|null} */ (document.getElementById('d-devices'))
const flip = /** @type {HTMLButtonElement|null} */ (document.getElementById('flip'))
const kinds = /** @type {const} */ (['camera', 'microphone', 'speakers'])

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
  await look()
  for (const kind of kinds) {
    const select = document.getElementById('pick-' + kind), now = kind === 'speakers' ? null : live(kind)
    if (!select) continue
    fill(kind, [now?.getSettings().deviceId ?? '', chosen()[kind] ?? '', 'default'], '')
    const field = /** @type {HTMLElement} */ (select.closest('.field'))
    field.hidden = kind === 'speakers' && (!devices(kind).length || !('setSinkId' in HTMLMediaElement.prototype))
  }
  if (flip) flip.hidden = devices('camera').length < 2 || !matchMedia('(pointer: coarse)').matches
}

/** From the front camera to the rear one and back; where a browser does not tell which is which, to the next. */
async function turn() {
  const {facingMode, deviceId} = live('camera')?.getSettings() ?? {}
  const cameras = devices('camera')
  const next = cameras[(cameras.findIndex(one => one.deviceId === (deviceId ?? chosen().camera)) + 1) % cameras.length]
  if (!live('camera')) note('Start your camera to see it.')
  choose({camera: facingMode ? '' : next?.deviceId ?? ''})
  await change('camera', facingMode ? {facingMode: {ideal: facingMode === 'user' ? 'environment' : 'user'}} : {deviceId: {exact: next?.deviceId}})
  await list()
}
