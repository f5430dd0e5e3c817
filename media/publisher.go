package media

import (
	"fmt"
	"slices"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// publisher is one person's sending connection: a peer connection of pion's, with its interceptors for what only a
// publisher needs (asking again for losses, saying what arrived when).
type publisher struct {
	*conn
	pc      *webrtc.PeerConnection
	wall    wallclock
	sources [sourceKinds]*source
}

func newPublisher(r *room, pass string, pc *webrtc.PeerConnection, o offered) *publisher {
	p := &publisher{conn: newConn(r, pass), pc: pc}
	p.shut = func() {
		if err := pc.Close(); err != nil {
			r.node.opts.Log.Debug("media: close", "conn", p.id, "error", err)
		}
	}
	for k := range p.sources {
		p.sources[k] = newSource(p, sourceKind(k))
	}
	pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) { p.changed() })
	pc.OnTrack(func(t *webrtc.TrackRemote, rec *webrtc.RTPReceiver) {
		defer func() {
			if cause := recover(); cause != nil {
				p.broken(cause)
			}
		}()
		if l := p.layerOf(t, rec, o); l != nil {
			l.play(t, rec)
		}
	})
	return p
}

// layerOf is where a track belongs: by its media line, and by the place of its rid among those offered.
func (p *publisher) layerOf(t *webrtc.TrackRemote, rec *webrtc.RTPReceiver, o offered) *layer {
	tr := rec.RTPTransceiver()
	if tr == nil {
		return nil
	}
	k := slices.Index(o.mids, tr.Mid())
	if k < 0 {
		return nil
	}
	i := max(0, slices.Index(o.rids, t.RID()))
	if layers := p.sources[k].layers; i < len(layers) {
		return layers[i]
	}
	return nil
}

// changed looks at the state itself: pion reports changes each on a goroutine of its own, in no certain order.
func (p *publisher) changed() {
	switch state := p.pc.ConnectionState(); state {
	case webrtc.PeerConnectionStateConnected:
		p.rise()
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		p.end(state.String())
	}
}

func (p *publisher) connection() *conn { return p.conn }

func (p *publisher) sit(m *member) *conn {
	old := m.publisher
	m.publisher = p
	if old == nil {
		return nil
	}
	for k, s := range p.sources {
		s.inherit(old.sources[k])
	}
	old.mute()
	return old.conn
}

// play is the packet loop of one track. Every track is read for as long as it lives, wanted or not: pion's
// interceptors run inside Read, and a track that nobody reads looks like a lost one to its sender.
func (l *layer) play(t *webrtc.TrackRemote, rec *webrtc.RTPReceiver) {
	first := l.claimed.CompareAndSwap(false, true)
	if first {
		l.ssrc.Store(uint32(t.SSRC()))
		go l.hearReports(t.RID(), rec)
	}
	level := levelExtension(rec)
	buf := make([]byte, maxPacket)
	var h rtp.Header
	for {
		n, _, err := t.Read(buf)
		if err != nil {
			return
		}
		if first { // a second stream on the same line is read and forgotten
			l.receive(buf[:n], &h, uint8(t.PayloadType()), level)
		}
	}
}

func levelExtension(rec *webrtc.RTPReceiver) uint8 {
	for _, e := range rec.GetParameters().HeaderExtensions {
		if e.URI == sdp.AudioLevelURI {
			return uint8(e.ID)
		}
	}
	return 0
}

// hearReports reads the publisher's RTCP for one track: sender reports for the clocks, and BYE from those who
// say it.
func (l *layer) hearReports(rid string, rec *webrtc.RTPReceiver) {
	defer func() {
		if cause := recover(); cause != nil {
			l.source.pub.broken(fmt.Errorf("reports of %s: %v", l.source.kind, cause))
		}
	}()
	buf := make([]byte, maxPacket)
	for {
		n, err := 0, error(nil)
		if rid == "" {
			n, _, err = rec.Read(buf)
		} else {
			n, _, err = rec.ReadSimulcast(buf, rid)
		}
		if err != nil {
			return
		}
		l.hearRTCP(buf[:n])
	}
}

func (l *layer) hearRTCP(raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	s := l.source
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			if p.SSRC == l.ssrc.Load() {
				l.times.hear(&s.pub.wall, p.NTPTime, p.RTPTime, s.pub.room.node.opts.Clock())
			}
		case *rtcp.Goodbye:
			s.pub.room.fellSilent(s)
		}
	}
}
