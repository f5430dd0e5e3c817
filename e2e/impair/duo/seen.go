package duo

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Sample is what getStats of the receiving connection says at one moment, of the picture and the voice that carry most.
// All but At, Height and Paused count from the start of the connection.
type Sample struct {
	At     int64   // milliseconds since 1970
	Height int     // of the newest picture
	Frames int     // decoded
	Frozen float64 // milliseconds, totalFreezesDuration
	Paused bool    // the page says so

	Freezes, Packets, Lost, Bytes, Nacks, Plis, Keys int
	Again                                            int // packets that came once more (RTX); 0 without RTX

	Energy                     float64 // totalAudioEnergy: of what is played
	Samples, Concealed, Silent int     // of sound; Concealed are made up, and Silent of them are silence
	VoicePackets, VoiceLost    int
}

// Seen is what somebody saw for a time.
type Seen struct {
	Series  []Sample
	Longest float64 // milliseconds between two pictures that the page showed, or since the last one
}

// Out are the figures of a camera over all its layers since the connection came up.
type Out struct{ Nacks, Again, Plis, Layers int }

// First and Last are the ends of the series.
func (s Seen) First() Sample { return s.Series[0] }
func (s Seen) Last() Sample  { return s.Series[len(s.Series)-1] }

// Over is how long the series is.
func (s Seen) Over() time.Duration {
	return time.Duration(s.Last().At-s.First().At) * time.Millisecond
}

// Froze is how many milliseconds of it were frozen in the browser's sense: a freeze is a gap between two pictures of more
// than three times the usual one, and of 150 ms more than that.
func (s Seen) Froze() float64 { return s.Last().Frozen - s.First().Frozen }

// Frozen is Froze as a share of the time.
func (s Seen) Frozen() float64 { return s.Froze() / float64(max(s.Over().Milliseconds(), 1)) }

// Rate is what the picture brought, in bits a second.
func (s Seen) Rate() float64 {
	return float64(s.Last().Bytes-s.First().Bytes) * 8 / max(s.Over().Seconds(), 0.001)
}

// Paused is whether the page said at any time that a picture is paused.
func (s Seen) Paused() bool {
	return slices.ContainsFunc(s.Series, func(one Sample) bool { return one.Paused })
}

// Concealed is the share of the sound that was made up because packets did not come in time, 0 to 1. Silence made up
// while nobody sends counts as well: here the host hums without a pause.
func (s Seen) Concealed() float64 {
	return float64(s.Last().Concealed-s.First().Concealed) / float64(max(s.Last().Samples-s.First().Samples, 1))
}

// Broken is the largest share of made-up sound in any one second.
func (s Seen) Broken() (worst float64) {
	s.windows(time.Second, func(from, to Sample) {
		worst = max(worst, Seen{Series: []Sample{from, to}}.Concealed())
	})
	return worst
}

// Quiet is whether there was a second in which what is played had no energy, or nothing was played at all. Sound that is
// made up fades away within a fraction of a second, so this is a line that carries no voice.
func (s Seen) Quiet() (quiet bool) {
	s.windows(time.Second, func(from, to Sample) { quiet = quiet || to.Energy-from.Energy < silence })
	return quiet
}

// silence is an energy below which nothing is heard of a hum, which has thousands of times more in a second.
const silence = 1e-4

// Slowest is the smallest number of pictures decoded in any two seconds.
func (s Seen) Slowest() int {
	slowest := math.MaxInt
	s.windows(2*time.Second, func(from, to Sample) { slowest = min(slowest, to.Frames-from.Frames) })
	return slowest
}

// windows calls with the ends of every stretch of at least so long.
func (s Seen) windows(long time.Duration, see func(from, to Sample)) {
	for i, from := range s.Series {
		for _, to := range s.Series[i:] {
			if to.At-from.At >= long.Milliseconds() {
				see(from, to)
				break
			}
		}
	}
}

// Since is what was seen from a time on.
func (s Seen) Since(from time.Time) Seen {
	at := slices.IndexFunc(s.Series, func(one Sample) bool { return one.At >= from.UnixMilli() })
	if at < 0 {
		at = len(s.Series) - 1
	}
	return Seen{s.Series[at:], s.Longest}
}

// When gives how long after a time a sample was first so.
func (s Seen) When(from time.Time, so func(Sample) bool) (time.Duration, bool) {
	for _, sample := range s.Series {
		if sample.At >= from.UnixMilli() && so(sample) {
			return time.Duration(sample.At-from.UnixMilli()) * time.Millisecond, true
		}
	}
	return 0, false
}

// String is all of it in a line, for logs.
func (s Seen) String() string {
	a, z := s.First(), s.Last()
	return fmt.Sprintf("%d pictures, now %d pixels high (paused: %v), longest gap %.0f ms, %d freezes of %.0f ms; %d packets with %d kbit/s, %d lost, "+
		"%d NACKs, %d packets again, %d key frames of %d asked for; sound: %.4f made up, %.3f in the worst second, silent: %v, %d of %d packets lost",
		z.Frames-a.Frames, z.Height, z.Paused, s.Longest, z.Freezes-a.Freezes, s.Froze(),
		z.Packets-a.Packets, int(s.Rate()/1000), z.Lost-a.Lost, z.Nacks-a.Nacks, z.Again-a.Again, z.Keys-a.Keys, z.Plis-a.Plis,
		s.Concealed(), s.Broken(), s.Quiet(), z.VoiceLost-a.VoiceLost, z.VoiceLost-a.VoiceLost+z.VoicePackets-a.VoicePackets)
}
