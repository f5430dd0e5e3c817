// Reads a stream of server-sent events by fetch, so that it can carry a ticket and be opened at another node.

/**
 * @typedef {{url: () => string, ticket: () => string, on: (event: string, data: string) => void, onState: (up: boolean) => void, silence?: number, stay?: boolean, before?: (where: string) => Promise<unknown>|void}} Options stay: its end is no reason to leave the page; before: what is still to be done on it then; silence: ms without even a ping until the node counts as gone
 */

const waits = [250, 500, 1000, 2000, 4000] // ms before trying again

/**
 * Keeps a stream open until stop() or a "done" event; comes back by itself otherwise.
 * @param {Options} o
 * @returns {{stop: () => void}}
 */
export function follow(o) {
  let stopped = false, tries = 0
  let abort = new AbortController()
  const silence = o.silence ?? 4000

  async function once() {
    abort = new AbortController()
    let alarm = setTimeout(() => abort.abort(), silence)
    try {
      const answer = await fetch(o.url(), {headers: {Accept: 'text/event-stream', Authorization: 'Bearer ' + o.ticket()}, signal: abort.signal, cache: 'no-store'})
      if (answer.status === 404 || answer.status === 403 || answer.status === 401) return finish(location.pathname)
      if (!answer.ok || !answer.body) throw new Error(String(answer.status))
      for await (const [event, data] of events(answer.body)) {
        clearTimeout(alarm)
        alarm = setTimeout(() => abort.abort(), silence)
        tries = 0
        o.onState(true)
        if (event === 'done') return finish(data)
        if (event !== 'ping') o.on(event, data)
      }
    } finally {
      clearTimeout(alarm)
    }
  }

  /** @param {string} where */
  async function finish(where) {
    stopped = true
    await o.before?.(where)
    if (!o.stay) location.replace(where) // Back leads to the door, not to a room that one has left
  }

  async function run() {
    while (!stopped) {
      await once().catch(() => {})
      if (stopped) return
      o.onState(false)
      const wait = waits[Math.min(tries++, waits.length - 1)]
      await new Promise(r => setTimeout(r, wait * (0.7 + 0.6 * Math.random())))
    }
  }
  run()
  return {stop() { stopped = true; abort.abort() }}
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<[string, string]>} event name ("message" when none) and data
 */
async function* events(body) {
  const reader = body.pipeThrough(/** @type {any} */ (new TextDecoderStream())).getReader()
  let rest = '', name = '', data = /** @type {string[]} */ ([])
  for (;;) {
    const {done, value} = await reader.read()
    if (done) return
    const lines = (rest + value).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (name || data.length) yield [name || 'message', data.join('\n')]
        name = ''
        data = []
      } else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
      else if (line.startsWith('event:')) name = line.slice(6).trim()
    }
  }
}
