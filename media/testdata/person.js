// One person for browser_test.go: a colour for a face, a tone for a voice, and eyes that read pixels.
import { receive, send } from '/rtc.js';

const tracks = [];
const screens = [];
const states = [];
let incoming, outgoing;

// face draws a moving canvas in one colour; a still one would send no frames.
function face(color) {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  const pen = canvas.getContext('2d');
  let x = 0;
  setInterval(() => {
    pen.fillStyle = color;
    pen.fillRect(0, 0, 320, 180);
    pen.fillStyle = 'black';
    pen.fillRect((x += 4) % 320, 0, 8, 8);
  }, 40);
  return canvas.captureStream(25).getVideoTracks()[0];
}

async function join(room, pass, color) {
  const place = { base: '', room, ticket: () => pass };
  const microphone = (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks()[0];
  outgoing = await send({ ...place, tracks: { microphone, camera: face(color), screen: null, screenAudio: null } });
  incoming = await receive({
    ...place,
    onState: (state) => states.push(state),
    onTrack: (slot, kind, track) => {
      tracks[slot] = track;
      const element = document.createElement(track.kind);
      Object.assign(element, { srcObject: new MediaStream([track]), autoplay: true, muted: track.kind === 'video' });
      element.play().catch(() => {});
      document.body.append(element);
      screens[slot] = element;
    },
  });
}

async function turn(kind, color) {
  await outgoing.replace(kind, color ? face(color) : null);
}

const names = { '255,0,0': 'red', '0,0,255': 'blue', '0,255,0': 'lime', '255,255,0': 'yellow' };

function color(video) {
  if (!video.videoWidth) return '';
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
  const pen = canvas.getContext('2d');
  pen.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
  const near = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => (v > 200 ? 255 : v < 60 ? 0 : v));
  return names[near.join()] ?? near.join();
}

async function look(slot) {
  const found = { Color: screens[slot].videoWidth === undefined ? '' : color(screens[slot]), Frames: 0, Energy: 0, Freezes: 0 };
  for (const s of (await incoming.pc.getStats()).values()) {
    if (s.type === 'transport') found.Cipher = s.srtpCipher;
    if (s.type !== 'inbound-rtp' || s.trackIdentifier !== tracks[slot].id) continue;
    found.Frames = s.framesDecoded ?? 0;
    found.Energy = s.totalAudioEnergy ?? 0;
    found.Freezes = s.freezeCount ?? 0;
  }
  return found;
}

window.person = { join, turn, look, states };
