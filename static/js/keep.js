// Keeps a connection: makes it, and makes it anew when it is lost. There is one attempt at a time, however it ends; an
// answer that comes after its attempt was given up is closed at once.

/** @typedef {{close: () => void}} Connection */

const longest = 4000 // ms between two attempts

/**
 * @param {(lost: () => void) => Promise<Connection>} join calls lost, or rejects, when it should be tried again
 */
export function keep(join) {
  let tries = 0, turn = 0
  function run() {
    const mine = ++turn
    let made = /** @type {Connection|null} */ (null)
    const lost = () => {
      if (mine !== turn) return
      turn++
      made?.close()
      setTimeout(run, Math.min(300 * 2 ** tries++, longest))
    }
    join(lost).then(connection => {
      if (mine !== turn) return connection.close()
      made = connection
      tries = 0
    }, lost)
  }
  run()
}
