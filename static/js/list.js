// A page of a list that its stream keeps true: it goes where the stream says when there is nothing more to see.
import 'foyer/page.js'

document.addEventListener('done', event => location.assign(/** @type {CustomEvent} */ (event).detail.data))
