package media

import (
	"fmt"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// publisher is one person's sending connection.
type publisher struct {
	*conn
	wall    wallclock
	sources [sourceKinds]*source
}

func newPublisher(r *room, pass string, pc *webrtc.PeerConnection, mids []string) (party, error) {
	p := &publisher{conn: newConn(r, pass, pc)}
	for k := range p.sources {
		p.sources[k] = newSource(p, sourceKind(k))
	}
	pc.OnTrack(func(t *webrtc.TrackRemote, rec *webrtc.RTPReceiver) {
		defer func() {
			if cause := recover(); cause != nil {
				p.broken(cause)
			}
		}()
		for k, mid := range mids {
			if tr := rec.RTPTransceiver(); tr != nil && tr.Mid() == mid {
				p.sources[k].play(t, rec)
			}
		}
	})
	return p, nil
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
func (s *source) play(t *webrtc.TrackRemote, rec *webrtc.RTPReceiver) {
	first := s.claimed.CompareAndSwap(false, true)
	if first {
		s.ssrc.Store(uint32(t.SSRC()))
		go s.hearReports(rec)
	}
	level := levelExtension(rec)
	buf := make([]byte, maxPacket)
	var h rtp.Header
	for {
		n, _, err := t.Read(buf)
		if err != nil {
			return
		}
		if first { // a second stream on the same line (simulcast we did not ask for) is read and forgotten
			s.receive(buf[:n], &h, uint8(t.PayloadType()), level)
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
func (s *source) hearReports(rec *webrtc.RTPReceiver) {
	defer func() {
		if cause := recover(); cause != nil {
			s.pub.broken(fmt.Errorf("reports of %s: %v", s.kind, cause))
		}
	}()
	buf := make([]byte, maxPacket)
	for {
		n, _, err := rec.Read(buf)
		if err != nil {
			return
		}
		s.hearRTCP(buf[:n])
	}
}

func (s *source) hearRTCP(raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			if p.SSRC == s.ssrc.Load() {
				s.layer.times.hear(&s.pub.wall, p.NTPTime, p.RTPTime, s.pub.room.node.opts.Clock())
			}
		case *rtcp.Goodbye:
			s.pub.room.fellSilent(s)
		}
	}
}

// askKey asks the browser for a key frame (RFC 4585, section 6.3.1).
func (s *source) askKey() {
	_ = s.pub.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: s.ssrc.Load()}})
}
