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
