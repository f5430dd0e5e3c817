// Foyer's part of htmx.js: made for a page whose Content-Security-Policy has Trusted Types and no eval.
// htmx may set HTML through the policy "htmx"; hx-on:, js: values and [filters] are refused.
// A page that must stay live in a hidden tab adds hx-config="sse.pauseOnBackground:false" beside hx-sse:connect.
htmx.registerExtension('noeval', {
  init(api) {
    const rules = {createHTML: s => s, createScript: () => { throw new TypeError('no scripts in fragments') }}
    const policy = window.trustedTypes ? trustedTypes.createPolicy('htmx', rules) : rules
    const refuse = function () { return {call() { console.error('htmx: eval is switched off') }} }
    api.initSecurity(policy, refuse, refuse)
  },
})
// The page's <meta name="htmx-config"> has been read by now and wins over these.
if (htmx.config.noSwap.join() === '204,304') htmx.config.noSwap.push('5xx')
htmx.config.sse = {reconnectMaxDelay: 5000, ...htmx.config.sse}
// The extension comes back to a stream that has run. One whose first answer never came, or was that of a server which
// begins or is busy, is asked for again here. Who is refused then sees a page from before, which is loaded anew.
const tries = new WeakMap()
document.addEventListener('htmx:finally:request', ({detail: {ctx}}) => {
  const source = ctx.sourceElement, url = source.getAttribute('hx-sse:connect')
  if (!url || !source.isConnected) return
  const n = tries.get(source) ?? 0, status = ctx.response?.status
  if (status < 500) return void (n && status >= 400 && location.reload())
  tries.set(source, n + 1)
  setTimeout(() => htmx.ajax('GET', url, {source}), Math.min(500 * 2 ** n, 5000) * (.7 + .6 * Math.random()))
})
