// Small forms are sent without leaving the page. The answer to a script is nothing, or a refusal in a sentence.
import {parse} from 'foyer/regions.js'

/** A key of its own for each act, so that sending it twice does it once. @returns {string} */
export function once() {
  return [...crypto.getRandomValues(new Uint32Array(3))].join('-')
}

const patience = 10000 // ms: on a line that died a request would hang for minutes, and the next chat line behind it
const unheard = 'That did not reach Foyer. Try again in a moment.'

/**
 * @param {string} to @param {Record<string, string>|URLSearchParams} fields
 * @returns {Promise<{ok: boolean, status: number, why: string}>} why is a sentence for people; status 0 = no answer
 */
export async function post(to, fields) {
  const body = new URLSearchParams(fields)
  if (!body.has('once')) body.set('once', once())
  const answer = await fetch(to, {method: 'POST', body, headers: {'X-Foyer-Quiet': '1'}, signal: AbortSignal.timeout(patience)}).catch(() => null)
  if (!answer) return {ok: false, status: 0, why: unheard}
  if (answer.ok) return {ok: true, status: answer.status, why: ''}
  const html = await answer.text().catch(() => '')
  return {ok: false, status: answer.status, why: parse(html)[0]?.textContent?.trim() || unheard}
}

/** @param {HTMLFormElement} form @param {HTMLElement|null} by the button */
export function send(form, by) {
  const to = by?.hasAttribute('formaction') ? /** @type {HTMLButtonElement} */ (by).formAction : form.action
  return post(to, new URLSearchParams(/** @type {any} */ (new FormData(form, by))))
}
