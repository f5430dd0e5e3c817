(() => {
  // Runs before the page's own scripts, in any browser. It keeps every peer connection, reads their figures many times a
  // second while somebody watches, and notes when each picture was shown. All times are milliseconds since 1970.
  const kept = []
  const Peer = window.RTCPeerConnection
  if (!Peer) return
  window.RTCPeerConnection = class extends Peer {
    constructor(...options) {
      super(...options)
      kept.push(this)
    }
  }
  const alive = lines => kept.filter(p => p.connectionState === 'connected' && p.getTransceivers().length === lines).at(-1)
  const receiving = () => alive(15), sending = () => alive(4)

  const figures = async peer => peer ? [...(await peer.getStats()).values()] : []
  const most = (all, type, kind, by) => all.filter(s => s.type === type && s.kind === kind).sort((a, b) => (b[by] ?? 0) - (a[by] ?? 0))[0] ?? {}
  const way = async peer => {
    const all = await figures(peer), transport = all.find(s => s.type === 'transport') ?? {}
    const pair = all.find(s => s.id === transport.selectedCandidatePairId) ?? all.find(s => s.type === 'candidate-pair' && s.selected) ?? {}
    const near = all.find(s => s.id === pair.localCandidateId) ?? {}, far = all.find(s => s.id === pair.remoteCandidateId) ?? {}
    const [, name = ''] = peer.localDescription?.sdp.match(/^a=ice-ufrag:(\S+)/m) ?? []
    return {name, cipher: transport.srtpCipher ?? '', to: far.address ? far.address + ':' + far.port : '', protocol: near.protocol ?? ''}
  }

  // What comes in: of the picture with most frames and the voice with most packets, which in a call of two are those of the other.
  const read = async () => {
    const at = Date.now(), all = await figures(receiving())
    const p = most(all, 'inbound-rtp', 'video', 'framesDecoded'), v = most(all, 'inbound-rtp', 'audio', 'packetsReceived')
    const words = document.getElementById('people')?.innerText ?? ''
    return {
      at, height: p.frameHeight ?? 0, frames: p.framesDecoded ?? 0, freezes: p.freezeCount ?? 0, frozen: (p.totalFreezesDuration ?? 0) * 1000,
      packets: p.packetsReceived ?? 0, lost: p.packetsLost ?? 0, bytes: p.bytesReceived ?? 0, nacks: p.nackCount ?? 0, plis: (p.pliCount ?? 0) + (p.firCount ?? 0),
      keys: p.keyFramesDecoded ?? 0, again: p.retransmittedPacketsReceived ?? 0, paused: /paused/i.test(words),
      energy: v.totalAudioEnergy ?? 0, samples: v.totalSamplesReceived ?? 0, concealed: v.concealedSamples ?? 0, silent: v.silentConcealedSamples ?? 0,
      voicePackets: v.packetsReceived ?? 0, voiceLost: v.packetsLost ?? 0,
    }
  }

  // What goes out, over all layers of the camera.
  const out = async () => {
    const all = await figures(sending()), sum = {nacks: 0, again: 0, plis: 0, layers: 0}
    for (const s of all) {
      if (s.type !== 'outbound-rtp' || s.kind !== 'video' || !s.packetsSent) continue
      sum.layers++
      sum.nacks += s.nackCount ?? 0
      sum.plis += s.pliCount ?? 0
      sum.again += s.retransmittedPacketsSent ?? 0
    }
    return sum
  }

  // When the pictures of the others were shown. One that does not come any more counts up to now.
  let shown = 0, longest = 0 // since begin
  const seen = new WeakSet()
  const attend = () => {
    for (const video of document.querySelectorAll('#people video')) {
      if (seen.has(video) || video.closest('.mine')) continue
      seen.add(video)
      const next = () => {
        const now = performance.now()
        longest = Math.max(longest, now - shown)
        shown = now
        video.requestVideoFrameCallback(next)
      }
      video.requestVideoFrameCallback(next)
    }
  }

  let clock = 0, series = [], busy = false
  const so = () => ({series, longest: Math.max(longest, performance.now() - shown)})
  window.line = {
    read, out, so,
    async rate(time) { // bits per second
      const from = await read()
      await new Promise(done => setTimeout(done, time))
      const to = await read()
      return (to.bytes - from.bytes) * 8000 / (to.at - from.at)
    },
    ways: () => Promise.all([receiving(), sending()].filter(Boolean).map(way)),
    states: () => kept.map(p => `${p.getTransceivers().length} lines ${p.connectionState}`),
    begin(every) {
      clearInterval(clock)
      series = []
      longest = 0
      shown = performance.now()
      const look = async () => {
        attend()
        if (busy) return // a machine that is late takes fewer samples
        busy = true
        try { series.push(await read()) } finally { busy = false }
      }
      clock = setInterval(look, every)
      return look()
    },
    async end() {
      clearInterval(clock)
      series.push(await read())
      return so()
    },
  }
})()
