package bench

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// runs is how often each figure is measured; it is the median that counts.
const runs = 3

// figure prints one line. n counts events: requests, streams, writes or starts.
func figure(name string, value float64, unit string, n int) {
	fmt.Printf("figure %s %.4g %s n=%d\n", name, value, unit, n)
}

// spread prints the median of several runs, and the smallest and largest beside it.
func spread(name string, values []float64, unit string, n int) {
	figure(name, median(values), unit, n)
	figure(name+"_min", slices.Min(values), unit, n)
	figure(name+"_max", slices.Max(values), unit, n)
}

// percentiles prints the 50th and the 95th of n events.
func percentiles(name string, values []float64, unit string) {
	figure(name+"_p50", percentile(values, 50), unit, len(values))
	figure(name+"_p95", percentile(values, 95), unit, len(values))
}

// note says under which conditions the figures beside it were measured. It begins on a line of its own, because the
// benchmark's name stands there already.
func note(format string, a ...any) {
	fmt.Printf("\nnote load average %s; %s\n", loadAverage(), fmt.Sprintf(format, a...))
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

func median(values []float64) float64 { return percentile(values, 50) }

// percentile is the nearest-rank one: a value that occurred, never one in between.
func percentile[T cmp.Ordered](values []T, p int) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// over divides run by run, so that what disturbed both sides of a run disturbs no ratio.
func over(ours, baseline []float64) (ratios []float64) {
	for i := range ours {
		ratios = append(ratios, ours[i]/baseline[i])
	}
	return ratios
}

func millis(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

func TestPercentile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	for _, c := range []struct {
		values []float64
		p      int
		want   float64
	}{{hundred, 50, 50}, {hundred, 95, 95}, {[]float64{3, 1, 2}, 50, 2}, {[]float64{7}, 50, 7}, {[]float64{7}, 95, 7}, {[]float64{2, 1}, 95, 2}} {
		if got := percentile(c.values, c.p); got != c.want {
			t.Errorf("percentile %d of %d values = %v, want %v", c.p, len(c.values), got, c.want)
		}
	}
}
