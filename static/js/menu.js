// On a phone the bar has room for six controls: the others move into the menu behind More, and back when the window
// grows. Also what browsers from before 2025 do not know of dialogs.

const more = /** @type {HTMLElement} */ (document.getElementById('more'))
const narrow = matchMedia('(width<=620px)')

/** Controls that a phone shows in the menu, with where they stand otherwise. @type {[HTMLElement, Comment][]} */
const moving = [...document.querySelectorAll('footer [data-more]'), ...document.querySelectorAll('header [data-more]')].map(control => {
  const home = document.createComment('')
  control.before(home)
  return [/** @type {HTMLElement} */ (control), home]
})

function sort() {
  for (const [control, home] of moving) {
    if (!control.isConnected) continue // taken away, because this browser cannot do it
    if (narrow.matches) more.append(control)
    else home.after(control)
  }
  if (!narrow.matches) more.hidePopover()
}

/** Takes the menu into use. */
export function menu() {
  narrow.addEventListener('change', sort)
  sort()
  more.addEventListener('click', event => {
    const control = /** @type {Element} */ (event.target).closest('button')
    if (control && !control.hasAttribute('popovertarget') && !control.hasAttribute('aria-haspopup')) more.hidePopover()
  })
  if (!('command' in HTMLButtonElement.prototype)) document.addEventListener('click', old)
}

/** @param {Event} event */
function old(event) {
  const by = /** @type {Element} */ (event.target).closest('[commandfor]')
  const dialog = /** @type {HTMLDialogElement|null} */ (document.getElementById(by?.getAttribute('commandfor') ?? ''))
  if (by?.getAttribute('command') === 'close') dialog?.close()
  else dialog?.showModal()
}
