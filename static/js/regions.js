// Puts the regions of a room's page in their place. Tiles are matched by id and only their words are replaced, because a
// picture that is taken out of the document stops.

const policy = /** @type {any} */ (window).trustedTypes
  ? /** @type {any} */ (window).trustedTypes.createPolicy('foyer', {createHTML: (/** @type {string} */ s) => s})
  : {createHTML: (/** @type {string} */ s) => s}

/** @param {string} html @returns {Element} the one element in it */
function parse(html) {
  const t = document.createElement('template')
  t.innerHTML = policy.createHTML(html) // drawn and escaped by the server
  return /** @type {Element} */ (t.content.firstElementChild)
}

/** @param {string} id @param {string} html */
export function replace(id, html) {
  document.getElementById(id)?.replaceWith(parse(html))
}

/** Moving a tile with moveBefore keeps its picture going. @type {(tile: Node, before: Node|null) => unknown} */
const move = /** @type {any} */ (Element.prototype).moveBefore ?? Element.prototype.insertBefore

const kept = ['speaking', 'mine', 'showing'] // classes that belong to this browser

/** @param {string} html the region "people" */
export function people(html) {
  const fresh = parse(html), list = /** @type {Element} */ (document.getElementById(fresh.id))
  list.className = fresh.className
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
  for (const part of ['.face', '.label']) {
    const a = old.querySelector(part), b = fresh.querySelector(part)
    if (a && b && a.outerHTML !== b.outerHTML) a.replaceWith(b)
  }
}
