// Two connections to the media node, each made by one POST and never negotiated again; docs/protocol.md says what
// travels. This module knows neither the page nor its elements: tracks go out through callbacks, tracks come in as
// arguments, and who is in which slot is told by the page's stream.

/** @typedef {'voice'|'screen-audio'|'camera'|'screen'} SlotKind */
/** @typedef {'microphone'|'camera'|'screen'|'screenAudio'} SourceKind */
/** @typedef {'connecting'|'connected'|'lost'} State */
/**
 * @typedef {object} Place where to connect
 * @property {string} base address of the node, '' for the page's own
 * @property {string} room
 * @property {() => string} ticket gives the ticket that is valid now
 * @property {(state: State) => void} [onState] after 'lost', close this connection and make a new one
 */

/**
 * @typedef {object} View what of the others is shown, by video slots; a slot that is not named is not shown
 * @property {Record<number, [width: number, height: number]>} tiles how large each picture is shown, in device pixels
 * @property {number[]} pinned those that come first where the line is narrow
 */

/** How long a connection may be silent, and how long it may take to come up, in milliseconds. */
const PATIENCE = 2000, CONNECT = 8000;

/** @type {SlotKind[]} the media lines of a receive offer, in order */
const SLOTS = [...Array(4).fill('voice'), 'screen-audio', ...Array(9).fill('camera'), 'screen'];

/** @type {RTCRtpEncodingParameters[]} a camera in three sizes, smallest first */
const LAYERS = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_200_000 },
];

/** @type {[SourceKind, 'audio'|'video', RTCRtpEncodingParameters[]][]} the media lines of a send offer, in order */
const SOURCES = [
  ['microphone', 'audio', [{ maxBitrate: 40_000 }]],
  ['camera', 'video', LAYERS],
  ['screen', 'video', [{ maxBitrate: 2_000_000 }]],
  ['screenAudio', 'audio', [{ maxBitrate: 96_000 }]],
];

/**
 * Receives everybody else. onTrack is called once per slot, before this resolves; the tracks live as long as pc.
 * @param {Place & {onTrack: (slot: number, kind: SlotKind, track: MediaStreamTrack) => void}} options
 */
export async function receive({ onTrack, ...place }) {
  const pc = peer();
  SLOTS.forEach((kind, slot) => {
    const line = pc.addTransceiver(isAudio(kind) ? 'audio' : 'video', { direction: 'recvonly' });
    onlyOurCodec(line, isAudio(kind) ? 'audio' : 'video');
    onTrack(slot, kind, line.receiver.track);
  });
  const { close, ask } = await join(pc, 'receive', place);
  /**
   * Tells what is shown: the node sends these pictures, large enough, and no others.
   * @param {View} shown
   * @returns {Promise<number>} the HTTP status of the answer, 0 = there was none
   */
  const view = (shown) => ask('/view', {
    method: 'PUT', body: JSON.stringify(shown), signal: AbortSignal.timeout(CONNECT), headers: { 'Content-Type': 'application/json' },
  }).then((response) => response.status, () => 0);
  return { pc, view, close };
}

/**
 * Sends what one person has on: null means off for now. All four lines exist from the start, so that nothing needs an
 * offer later.
 * @param {Place & {tracks: Partial<Record<SourceKind, MediaStreamTrack|null>>}} options
 */
export async function send({ tracks, ...place }) {
  const pc = peer();
  /** @type {Record<string, RTCRtpSender>} */
  const senders = {};
  for (const [kind, type, sendEncodings] of SOURCES) {
    const track = hinted(kind, tracks[kind] ?? null);
    const line = pc.addTransceiver(track ?? type, { direction: 'sendonly', sendEncodings });
    onlyOurCodec(line, type);
    senders[kind] = line.sender;
  }
  const { close } = await join(pc, 'send', place);
  let turn = layers(senders.camera).catch(() => {});
  /**
   * Mutes (null), unmutes or changes the device. Calls are done one after the other.
   * @param {SourceKind} kind
   * @param {MediaStreamTrack|null} track
   */
  const replace = (kind, track) => {
    const next = turn.then(() => senders[kind].replaceTrack(hinted(kind, track)));
    turn = next.then(() => kind === 'camera' ? layers(senders.camera) : undefined).catch(() => {});
    return next;
  };
  return { pc, replace, close };
}

function peer() {
  return new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' });
}

/** @param {SlotKind} kind */
function isAudio(kind) {
  return kind === 'voice' || kind === 'screen-audio';
}

/**
 * VP8 and Opus alone: the node takes no others, and fifteen lines with every codec a browser has exceed its limit. With
 * VP8 goes its RTX, by which lost packets are sent again beside the stream and not in it.
 * @param {RTCRtpTransceiver} line
 * @param {'audio'|'video'} type
 */
function onlyOurCodec(line, type) {
  const wanted = type === 'audio' ? ['audio/opus'] : ['video/vp8', 'video/rtx'];
  const codecs = RTCRtpReceiver.getCapabilities(type)?.codecs ?? [];
  line.setCodecPreferences(codecs.filter((codec) => wanted.includes(codec.mimeType.toLowerCase())));
}

/** How many layers a camera of so many pixels gets: Chromium drops the sharpest of too many, not the smallest. */
const PIXELS = [480 * 270, 960 * 540];

/**
 * Fits the layers to what the camera gives: the sharpest is always the whole picture, and a small picture is not made
 * smaller still. A node that refused layers left one, which is then the whole.
 * @param {RTCRtpSender} camera
 */
async function layers(camera) {
  if (!camera.track) return;
  const { width = 1280, height = 720 } = camera.track.getSettings();
  const parameters = camera.getParameters(), { encodings } = parameters;
  const best = Math.min(encodings.length - 1, PIXELS.filter((least) => width * height >= least).length);
  const before = JSON.stringify(encodings);
  encodings.forEach((layer, i) => {
    layer.active = i <= best;
    layer.scaleResolutionDownBy = 2 ** Math.max(0, best - i);
    layer.maxBitrate = (encodings.length > 1 ? LAYERS[i] : LAYERS[LAYERS.length - 1]).maxBitrate;
  });
  if (JSON.stringify(encodings) !== before) await camera.setParameters(parameters);
}

/**
 * A screen is read, not watched: rather fewer pictures than blurred letters.
 * @param {SourceKind} kind
 * @param {MediaStreamTrack|null} track
 */
function hinted(kind, track) {
  if (kind === 'screen' && track) track.contentHint = 'detail';
  return track;
}

/**
 * One POST. It gives the functions that end what it began, and that ask the node something about it.
 * @param {RTCPeerConnection} pc
 * @param {'receive'|'send'} direction
 * @param {Place} place
 */
async function join(pc, direction, { base, room, ticket, onState = () => {} }) {
  const stop = watch(pc, onState);
  const headers = () => ({ Authorization: `Bearer ${ticket()}` });
  try {
    await pc.setLocalDescription(); // and no waiting for candidates: the node learns our address from the first packet
    const response = await fetch(`${base}/media/${encodeURIComponent(room)}/${direction}`, {
      method: 'POST', body: pc.localDescription?.sdp, signal: AbortSignal.timeout(CONNECT),
      headers: { ...headers(), 'Content-Type': 'application/sdp' },
    });
    const text = await response.text();
    if (response.status !== 201) throw Object.assign(new Error(text), { status: response.status });
    const address = new URL(response.headers.get('Location') ?? '', response.url);
    await pc.setRemoteDescription({ type: 'answer', sdp: text });
    /** @param {string} below @param {RequestInit} request */
    const ask = (below, request) => fetch(address + below, { ...request, headers: { ...request.headers, ...headers() } });
    const close = () => {
      stop();
      pc.close();
      ask('', { method: 'DELETE', keepalive: true }).catch(() => {}); // it ends by itself too
    };
    return { ask, close };
  } catch (error) {
    stop();
    pc.close();
    throw error;
  }
}

/**
 * Tells the states that a page cares for. The browser's own "failed" comes after half a minute; we say lost as soon as
 * two seconds passed without a way through. Returns the function that ends the watch.
 * @param {RTCPeerConnection} pc
 * @param {(state: State) => void} onState
 */
function watch(pc, onState) {
  /** @type {State|undefined} */
  let said;
  let timer = setTimeout(() => say('lost'), CONNECT);
  /** @param {State} state */
  const say = (state) => {
    if (said === state || said === 'lost') return;
    said = state;
    onState(state);
  };
  const look = () => {
    if (pc.connectionState === 'new' || pc.connectionState === 'connecting') {
      if (said === undefined) say('connecting');
      return; // an interrupted connection keeps its deadline while it tries
    }
    clearTimeout(timer);
    if (pc.connectionState === 'connected') say('connected');
    else timer = setTimeout(() => say('lost'), pc.connectionState === 'failed' ? 0 : PATIENCE);
  };
  pc.addEventListener('connectionstatechange', look);
  look();
  return () => {
    clearTimeout(timer);
    pc.removeEventListener('connectionstatechange', look);
  };
}
