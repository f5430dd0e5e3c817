// A screen that goes dark in the middle of a talk is of no use: it stays lit while the room is looked at.

/** Keeps the screen lit, where the browser can. */
export function awake() {
  if (!('wakeLock' in navigator)) return
  const ask = () => { if (document.visibilityState === 'visible') navigator.wakeLock.request('screen').catch(() => {}) } // saving power
  document.addEventListener('visibilitychange', ask)
  ask()
}
