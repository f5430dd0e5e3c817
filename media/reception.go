package media

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// reception counts what came of one stream, as a receiver report tells it (RFC 3550, section 6.4.1 and appendix A).
type reception struct {
	began      bool
	base, top  uint32 // first and highest number, with the wraps counted
	came       uint32
	told       [2]uint32 // expected and come, as last reported
	transit    uint32    // of the last packet, in ticks of the stream's clock
	jitter     uint32    // of it, times 16
	reported   uint32    // the middle of the last sender report's NTP time
	reportedAt time.Time
}

// count takes one packet that arrived at a moment of our own, in ticks of the stream's clock.
func (r *reception) count(seq uint16, ts, at uint32) {
	transit := at - ts
	if !r.began {
		r.began, r.base, r.top, r.transit = true, uint32(seq), uint32(seq), transit
	}
	if step := seq - uint16(r.top); step < 1<<15 {
		r.top += uint32(step)
	}
	r.came++
	d := int32(transit - r.transit)
	r.transit = transit
	r.jitter += uint32(max(d, -d)) - (r.jitter+8)>>4 // appendix A.8
}

// report is what is told of the stream; false when nothing came since the last time.
func (r *reception) report(ssrc uint32, now time.Time) (b rtcp.ReceptionReport, ok bool) {
	expected := r.top - r.base + 1
	due, got := expected-r.told[0], r.came-r.told[1]
	if got == 0 {
		return b, false
	}
	r.told = [2]uint32{expected, r.came}
	b = rtcp.ReceptionReport{SSRC: ssrc, LastSequenceNumber: r.top, Jitter: r.jitter >> 4, LastSenderReport: r.reported}
	if due > got {
		b.FractionLost = uint8(min(255, uint64(due-got)<<8/uint64(due)))
	}
	if expected > r.came { // else repairs or repeated packets made it whole
		b.TotalLost = min(expected-r.came, 1<<23-1)
	}
	if !r.reportedAt.IsZero() {
		b.Delay = uint32(now.Sub(r.reportedAt) * 65536 / time.Second)
	}
	return b, true
}

// note keeps the packet in mind for the feedback to its sender.
func (p *publisher) note(in *incoming, h *rtp.Header, now time.Time) {
	since := now.Sub(p.opened)
	p.mu.Lock()
	defer p.mu.Unlock()
	if number := extensionOf(h, p.offer.ids.arrival); len(number) >= 2 {
		p.arrivals.Record(h.SSRC, binary.BigEndian.Uint16(number), since.Microseconds())
	}
	if in != nil && !in.repairs {
		clock := int64(audioClock)
		if in.layer != nil {
			clock = int64(in.layer.clock)
		}
		in.count(h.SequenceNumber, h.Timestamp, uint32(since.Microseconds()*clock/1e6))
	}
}

// feedback tells the publisher what arrived when, from which it finds its bit rate
// (draft-holmer-rmcat-transport-wide-cc-extensions-01), and once in a while what was lost.
func (p *publisher) feedback(now time.Time, reports bool) {
	p.mu.Lock()
	var all []rtcp.Packet
	if reports {
		all = p.reports(now)
	}
	if p.arrivals.PacketsHeld() > 0 {
		all = append(all, p.arrivals.BuildFeedbackPacket()...)
	}
	p.mu.Unlock()
	for _, packet := range all { // each by itself: together they might exceed a datagram
		p.write(packet)
	}
}

// reports is one receiver report of all streams that sent something. Called with mu held.
func (p *publisher) reports(now time.Time) []rtcp.Packet {
	report := &rtcp.ReceiverReport{SSRC: p.ssrc}
	for _, in := range p.incoming {
		if b, ok := in.report(in.ssrc, now); ok { // never of repairs, which nobody counts
			report.Reports = append(report.Reports, b)
		}
	}
	if len(report.Reports) == 0 {
		return nil
	}
	return []rtcp.Packet{report}
}

// tellPublishers gives every publisher of the room its feedback.
func (r *room) tellPublishers(now time.Time, reports bool) {
	r.mu.Lock()
	var all []*publisher
	for _, m := range r.members {
		if m.publisher != nil && m.publisher.up {
			all = append(all, m.publisher)
		}
	}
	r.mu.Unlock()
	for _, p := range all {
		p.feedback(now, reports)
	}
}
