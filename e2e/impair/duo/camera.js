(width, height, rate) => {
  // A camera with enough new in each picture that an encoder uses all it may, and a microphone that hums without a pause.
  // It costs little: blocks of noise made once are painted to new places.
  const block = Math.round(height / 6)
  const film = () => {
    const canvas = document.createElement('canvas'), noise = document.createElement('canvas')
    canvas.width = width; canvas.height = height
    noise.width = noise.height = 2 * block
    const grain = noise.getContext('2d'), picture = grain.createImageData(2 * block, 2 * block)
    for (let i = 0; i < picture.data.length; i++) picture.data[i] = i % 4 === 3 ? 255 : Math.random() * 256
    grain.putImageData(picture, 0, 0)
    const brush = canvas.getContext('2d')
    let n = 0
    setInterval(() => {
      n++
      brush.fillStyle = `hsl(${n % 360} 60% 40%)`
      brush.fillRect((n * 7) % width, 0, width / 16, height)
      brush.globalAlpha = 0.4
      for (let i = 0; i < 3; i++)
        brush.drawImage(noise, Math.random() * block, Math.random() * block, block, block, Math.random() * (width - block), Math.random() * (height - block), block, block)
      brush.globalAlpha = 1
    }, 1000 / rate)
    return canvas.captureStream().getVideoTracks()[0]
  }
  const hum = () => {
    const context = new AudioContext(), tone = new OscillatorNode(context, {frequency: 440}), out = new MediaStreamAudioDestinationNode(context)
    tone.connect(out); tone.start()
    return out.stream.getAudioTracks()[0]
  }
  navigator.mediaDevices.getUserMedia = async wanted => new MediaStream([wanted.audio && hum(), wanted.video && film()].filter(Boolean))
}
