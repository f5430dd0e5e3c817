// The side panel and what belongs to it: chat, people, hands, reactions, the queue at the door.

/**
 * @typedef {object} Context what the stage lends to the panel
 * @property {string} at the room's address, "/r/slug"
 * @property {string} pass one's own
 * @property {{toggle: () => void, talk: (down: boolean) => void, on: () => boolean}} mic talk opens the microphone while a key is held
 * @property {{toggle: () => void}} camera
 * @property {{toggle: () => void}} share
 * @property {(text: string) => void} say tells a sentence to those who listen to the page
 */

/** @param {Context} context @returns {{on: (event: string, data: string) => boolean}} on takes an event of the stream; false = not mine */
export function panel(context) {
  void context
  return {on: () => false}
}
