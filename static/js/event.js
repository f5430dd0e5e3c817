// A webinar's own page: what the page cannot do by itself is to leave when its stream says that there is nothing more here.
import 'foyer/page.js'

document.addEventListener('done', event => location.assign(/** @type {CustomEvent} */ (event).detail.data))
