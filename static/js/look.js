// The customize pages: what is chosen or typed shows in the preview beside the form, before it is saved.
import 'foyer/page.js'

const form = /** @type {HTMLFormElement} */ (document.querySelector('[data-look]'))
const file = /** @type {HTMLInputElement} */ (form.elements.namedItem('image'))
const remove = /** @type {HTMLInputElement|null} */ (form.elements.namedItem('noimage'))
const covers = () => document.querySelectorAll('main .cover')
const before = [...covers()]

/** Says beside the field what is wrong with the file; '' = nothing. @param {string} words */
function complain(words) {
  const note = document.getElementById('e-image') ?? document.getElementById('h-image')
  if (!note) return
  note.dataset.help ??= note.id === 'h-image' ? note.textContent ?? '' : ''
  note.id = words ? 'e-image' : 'h-image'
  note.className = words ? 'err' : 'help'
  note.textContent = words || note.dataset.help
  file.toggleAttribute('aria-invalid', !!words)
  if (words) file.setAttribute('aria-invalid', 'true')
  file.setAttribute('aria-describedby', note.id)
}

/** Puts pictures in place of the covers, or the first ones back. @param {string} [address] */
function show(address) {
  const now = [...covers()]
  now.forEach((old, i) => {
    let fresh = before[i]
    if (address) {
      const image = fresh = document.createElement('img')
      image.className = 'cover'
      image.alt = ''
      image.onerror = () => image.replaceWith(before[i])
      image.src = address
    }
    old.replaceWith(fresh)
  })
}

file.addEventListener('change', () => {
  const chosen = file.files?.[0]
  const large = !!chosen && chosen.size > Number(form.dataset.most)
  complain(large ? form.dataset.large ?? '' : '')
  show(chosen && !large ? URL.createObjectURL(chosen) : undefined)
  if (chosen && remove) remove.checked = false
})

form.addEventListener('submit', event => {
  if (file.getAttribute('aria-invalid') !== 'true' || !file.files?.length || file.files[0].size <= Number(form.dataset.most)) return
  event.preventDefault() // it would be carried there to be refused
  file.focus()
})

form.addEventListener('change', event => {
  const field = /** @type {HTMLInputElement} */ (event.target)
  if (field.name !== 'colour') return
  for (const cover of [...covers(), ...before]) {
    if (cover.localName !== 'img') cover.className = cover.className.replace(/\bsw\d+/, 'sw' + field.value)
  }
})

form.addEventListener('input', event => {
  const field = /** @type {HTMLInputElement} */ (event.target)
  const shown = /** @type {HTMLElement|null} */ (document.querySelector(`[data-shows="${field.name}"]`))
  if (shown) shown.textContent = field.value.trim() || shown.dataset.empty || ''
})
