// A picture for which the line is too narrow just now: its last moment stands dimmed under the words, until it flows again.
import {say} from 'foyer/status.js'

const words = /** @type {HTMLTemplateElement} */ (document.getElementById('paused'))
let said = false // once is enough: a line that comes and goes would talk all the time

/** @param {Element[]} places the tiles, and the screen, whose picture is paused now: all of them */
export function pause(places) {
  for (const place of document.querySelectorAll('.paused')) if (!places.includes(place)) {
    place.classList.remove('paused')
    place.querySelector('.why')?.remove()
  }
  for (const place of places) if (!place.classList.contains('paused')) {
    place.classList.add('paused')
    place.append(words.content.cloneNode(true))
  }
  if (!places.length || said) return
  said = true
  say(words.dataset.said ?? '')
}
