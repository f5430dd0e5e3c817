colour => {
  // Runs before the page's own scripts. The real getUserMedia is asked, so that Firefox decides about devices, constraints
  // and permission; over its fake picture comes one of a single colour, which can be told apart on the other side.
  const real = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices)
  if (real) navigator.mediaDevices.getUserMedia = async wanted => {
    const stream = await real(wanted)
    for (const track of stream.getVideoTracks()) {
      stream.removeTrack(track)
      stream.addTrack(painted(track))
    }
    return stream
  }
  // The canvas is painted anew all the time, because a canvas that does not change gives no frames.
  function painted(under) {
    const canvas = document.createElement('canvas')
    canvas.width = 320
    canvas.height = 180
    const brush = canvas.getContext('2d')
    let n = 0
    const paint = () => {
      brush.fillStyle = colour
      brush.fillRect(0, 0, 320, 180)
      brush.fillStyle = '#fff'
      brush.fillRect(n++ % 320, 172, 4, 4)
    }
    paint()
    const clock = setInterval(paint, 80), track = canvas.captureStream(15).getVideoTracks()[0], stop = track.stop.bind(track)
    track.stop = () => { clearInterval(clock); stop(); under.stop() }
    return track
  }
  // Every peer connection is kept in window.peers, so that its figures can be read.
  const peers = window.peers = []
  const figures = async () => (await Promise.all(peers.filter(p => p.connectionState !== 'closed').map(async p => [...(await p.getStats()).values()]))).flat()
  const sum = (all, name) => all.filter(s => s.type === 'inbound-rtp').reduce((n, s) => n + (s[name] ?? 0), 0)
  peers.ciphers = async () => (await figures()).filter(s => s.type === 'transport').map(s => s.srtpCipher)
  const grows = async (name, time) => {
    const before = sum(await figures(), name)
    await new Promise(done => setTimeout(done, time))
    return sum(await figures(), name) - before
  }
  // Frames that are decoded within a second, and the energy of what is heard within half a one: none when nothing plays.
  peers.frames = () => grows('framesDecoded', 1000)
  peers.energy = () => [...document.querySelectorAll('audio')].some(a => !a.paused) ? grows('totalAudioEnergy', 500) : 0
  // What goes in and out, a line for each stream with packets.
  peers.streams = async () => (await figures()).filter(s => /^(in|out)bound-rtp$/.test(s.type) && (s.packetsReceived || s.packetsSent)).map(s =>
    [s.type, s.kind, s.packetsReceived ?? s.packetsSent, 'packets', s.framesDecoded ?? s.framesEncoded, 'frames', s.keyFramesDecoded, 'key', s.pliCount, 'pli', s.nackCount, 'nack', s.packetsLost, 'lost'].join(' ')).join('\n')
  const Peer = window.RTCPeerConnection
  if (Peer) window.RTCPeerConnection = class extends Peer {
    constructor(...options) {
      super(...options)
      peers.push(this)
    }
  }
}
