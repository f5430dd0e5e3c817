// The name label, drawn while it is typed, and files that cannot be taken refused before they are sent.

const form = /** @type {HTMLFormElement|null} */ (document.getElementById('label'))
const preview = document.getElementById('preview')
const largest = 10 << 20 // bytes, as the server

/** @template {Element} T @param {string} name @returns {T|null} */
const field = name => /** @type {any} */ (form?.elements.namedItem(name) ?? null)
const file = /** @type {HTMLInputElement|null} */ (field('image'))
const without = /** @type {HTMLInputElement|null} */ (field('noimage'))
/** The pictures of a remembered image, by the face that they stand on. @type {Map<Element, HTMLImageElement|null>} */
const before = new Map([...document.querySelectorAll('[data-face],.me>.avatar')].map(face => [face, face.querySelector('img')]))
let address = '' // of a file that was chosen

/** The one or two letters on an avatar, as the server draws them. @param {string} name */
function initials(name) {
  const letters = name.split(/\s+/).map(word => word.match(/[\p{L}\p{Nd}]/u)?.[0] ?? '').filter(Boolean)
  const [first = '?', last = ''] = [letters[0], letters.length > 1 ? letters[letters.length - 1] : '']
  return (first + last).toUpperCase()
}

function draw() {
  if (!form) return
  const name = /** @type {HTMLInputElement|null} */ (field('name'))?.value.trim() ?? ''
  const headline = /** @type {HTMLInputElement|null} */ (field('headline'))?.value.trim() ?? ''
  const colour = /** @type {RadioNodeList|null} */ (/** @type {unknown} */ (field('colour')))?.value
  for (const [face, remembered] of before) {
    const letters = face.querySelector('b') ?? face.firstChild
    if (letters) letters.textContent = initials(name)
    picture(face, remembered)
    if (colour) paint(face, colour)
  }
  if (!preview) return
  const title = /** @type {HTMLElement} */ (preview.querySelector('.label b'))
  title.textContent = name || (title.dataset.empty ?? '')
  const line = preview.querySelector('.label small')
  if (line) line.textContent = headline
  if (colour) for (const part of [preview, preview.querySelector('.label')]) if (part) paint(part, colour)
}

/** @param {Element} part @param {string} colour */
function paint(part, colour) { part.className = part.className.replace(/\bsw\d+/, 'sw' + colour) }

/** @param {Element} face @param {HTMLImageElement|null} remembered */
function picture(face, remembered) {
  const old = face.querySelector('img')
  let image = without?.checked ? null : remembered
  if (address) {
    image = old?.src === address ? old : new Image()
    image.alt = ''
    if (image.src !== address) image.src = address
  }
  if (old === image) return
  old?.remove()
  if (image) face.append(image)
}

/** What is wrong with a file, in the words of the page; "" = nothing. @param {File} f @param {DOMStringMap} words */
function wrong(f, words) {
  const kind = f.type || '', name = f.name.toLowerCase()
  if (kind === 'image/svg+xml' || name.endsWith('.svg')) return words.svg
  if (/heic|heif/.test(kind) || /\.hei[cf]$/.test(name)) return words.heic
  if (f.size > largest) return words.large
  return kind && !/^image\/(png|jpeg|webp|gif)$/.test(kind) ? words.other : ''
}

/** Says beside a field what is wrong with it, or takes that back. @param {HTMLInputElement} input @param {string} words */
export function complain(input, words) {
  const {name} = input, help = document.getElementById('h-' + name)
  let note = document.getElementById('e-' + name)
  if (!words) {
    note?.remove()
    input.removeAttribute('aria-invalid')
    if (help) { help.hidden = false; input.setAttribute('aria-describedby', help.id) } else input.removeAttribute('aria-describedby')
    return
  }
  if (!note) {
    note = document.createElement('p')
    note.className = 'err'
    note.id = 'e-' + name
    note.setAttribute('role', 'alert')
    ;(help ?? input.closest('.me') ?? input).after(note)
  }
  note.textContent = words
  if (help) help.hidden = true
  input.setAttribute('aria-invalid', 'true')
  input.setAttribute('aria-describedby', note.id)
}

function choose() {
  if (!file) return
  const f = file.files?.[0]
  URL.revokeObjectURL(address)
  address = ''
  const words = f ? wrong(f, file.dataset) ?? '' : ''
  complain(file, words)
  if (words) file.value = '' // nothing is sent that would be refused
  else if (f) {
    address = URL.createObjectURL(f)
    if (without) without.checked = false
  }
  const box = document.getElementById('noimage')
  if (box && address) box.hidden = false
  draw()
}

form?.addEventListener('input', e => {
  const input = /** @type {HTMLInputElement} */ (e.target)
  if (input.matches('.input[aria-invalid]')) complain(input, '') // it is being mended
  draw()
})
form?.addEventListener('change', draw)
file?.addEventListener('change', choose)
without?.addEventListener('change', () => {
  if (!without.checked || !file) return
  file.value = ''
  choose()
})
addEventListener('pageshow', draw) // a browser that comes back restores what was typed
