// Puts the regions of a page in their place. What stays the same stays itself: a picture that is taken out of the document
// stops, a button that is made anew swallows the click that was on its way and loses the focus.

const policy = /** @type {any} */ (window).trustedTypes
  ? /** @type {any} */ (window).trustedTypes.createPolicy('foyer', {createHTML: (/** @type {string} */ s) => s})
  : {createHTML: (/** @type {string} */ s) => s}

/** @param {string} html drawn and escaped by the server @returns {Element[]} */
export function parse(html) {
  const t = document.createElement('template')
  t.innerHTML = policy.createHTML(html)
  return [...t.content.children]
}

/**
 * Brings the region id up to date, node by node. The focus stays where it is; where its control went, it goes to one of the
 * same name, else to the nearest frame that can take it.
 * @param {string} id @param {string|Element} html
 * @param {(fresh: Element) => void} [touch] writes into the fresh region what only this browser knows
 */
export function patch(id, html, touch) {
  const old = document.getElementById(id), fresh = typeof html === 'string' ? parse(html)[0] : html
  if (!old || fresh?.id !== id) return
  touch?.(fresh)
  const at = /** @type {HTMLElement|null} */ (document.activeElement), name = at?.getAttribute('aria-label')
  const mine = !!at && old.contains(at)
  morph(old, fresh)
  const empty = !old.hasChildNodes() // an empty region is not to be seen
  if (!mine || document.activeElement === at && !(empty && at === old)) return
  const again = at.isConnected && at !== old ? at : [...old.querySelectorAll('button')].find(b => name && b.getAttribute('aria-label') === name)
  const frame = /** @type {HTMLElement|null} */ (!empty && old.closest('[tabindex]') || document.getElementById('main'))
  ;(again ?? frame)?.focus({preventScroll: true})
}

/** Moving with moveBefore keeps pictures going and the focus. @type {(node: Node, before: Node|null) => unknown} */
const move = /** @type {any} */ (Element.prototype).moveBefore ?? Element.prototype.insertBefore

/** What makes a node the same one: its id, else its name; a button must never become another under the pointer. @param {Node} n */
const key = n => n instanceof Element ? n.id || n.getAttribute('aria-label') || '' : ''

/** @param {Element} old @param {Element} fresh */
function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return
  attributes(old, fresh, name => name !== 'open') // whoever opened a question closes it
  let at = old.firstChild
  for (const child of [...fresh.childNodes]) {
    const same = twin(old, child, at)
    if (!same) { old.insertBefore(child, at); continue }
    if (same === at) at = at.nextSibling
    else move.call(old, same, at)
    if (same instanceof Element) morph(same, /** @type {Element} */ (child))
    else if (same.nodeValue !== child.nodeValue) same.nodeValue = child.nodeValue
  }
  while (at) {
    const next = at.nextSibling
    at.remove()
    at = next
  }
}

/** @param {Element} old @param {Node} child @param {ChildNode|null} at @returns {Node|null} */
function twin(old, child, at) {
  const wanted = key(child)
  const is = (/** @type {Node} */ n) => key(n) === wanted && n.nodeName === child.nodeName
  if (at && is(at)) return at // nearly always: a chat of hours would be searched once per line
  return wanted ? [...old.children].find(is) ?? null : null
}

/** @param {Element} old @param {Element} fresh @param {(name: string) => boolean} [which] */
function attributes(old, fresh, which = () => true) {
  for (const name of old.getAttributeNames()) if (which(name) && !fresh.hasAttribute(name)) old.removeAttribute(name)
  for (const {name, value} of fresh.attributes) if (which(name) && old.getAttribute(name) !== value) old.setAttribute(name, value)
}

const kept = ['speaking', 'mine', 'showing', 'paused'] // classes that belong to this browser

/** @param {string} html the region "people" */
export function people(html) {
  const fresh = parse(html)[0], list = /** @type {Element} */ (document.getElementById(fresh.id))
  list.className = fresh.className
  attributes(list, fresh, name => name.startsWith('data-'))
  const ids = new Set([...fresh.children].map(c => c.id))
  for (const old of [...list.children]) if (!ids.has(old.id)) old.remove()
  let at = list.firstElementChild
  for (const tile of [...fresh.children]) {
    const old = document.getElementById(tile.id)
    if (!old) { list.insertBefore(tile, at); continue }
    words(old, tile)
    if (old === at) at = at.nextElementSibling
    else move.call(list, old, at)
  }
}

/** @param {Element} old @param {Element} fresh */
function words(old, fresh) {
  const mine = kept.filter(c => old.classList.contains(c))
  if (old.className !== [fresh.className, ...mine].join(' ')) old.className = [fresh.className, ...mine].join(' ')
  attributes(old, fresh, name => name.startsWith('data-'))
  for (const part of ['.face', '.label', '.hand']) {
    const a = old.querySelector(part), b = fresh.querySelector(part)
    if (a && b) { if (a.outerHTML !== b.outerHTML) a.replaceWith(b) }
    else if (b) old.append(b)
    else a?.remove()
  }
}
