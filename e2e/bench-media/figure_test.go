package benchmedia

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// runs is how often each figure is measured; it is the median that counts.
const runs = 3

// figure prints one line. n counts events: packets, viewers or joins.
func figure(name string, value float64, unit string, n int) {
	fmt.Printf("figure %s %.4g %s n=%d\n", name, value, unit, n)
}

// spread prints the median of several runs, and the smallest and largest beside it.
func spread(name string, values []float64, unit string, n int) {
	if len(values) == 0 {
		return
	}
	figure(name, percentile(values, 50), unit, n)
	figure(name+"_min", slices.Min(values), unit, n)
	figure(name+"_max", slices.Max(values), unit, n)
}

func percentiles(name string, values []float64, unit string) {
	if len(values) == 0 {
		return
	}
	figure(name+"_p50", percentile(values, 50), unit, len(values))
	figure(name+"_p95", percentile(values, 95), unit, len(values))
}

// note says under which conditions the figures beside it were measured. It begins on a line of its own, because the
// benchmark's name stands there already.
func note(format string, a ...any) {
	text, _ := os.ReadFile("/proc/loadavg")
	load := strings.Join(strings.Fields(string(text) + " ? ? ?")[:3], " ")
	fmt.Printf("\nnote load average %s; %s\n", load, fmt.Sprintf(format, a...))
}

// percentile is the nearest-rank one: a value that occurred, never one in between.
func percentile(values []float64, p int) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// over divides run by run, so that what disturbed both sides of a run disturbs no ratio.
func over(a, b []float64) (ratios []float64) {
	for i := range min(len(a), len(b)) {
		ratios = append(ratios, a[i]/b[i])
	}
	return ratios
}

func millis(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

func TestPercentile(t *testing.T) {
	for _, c := range []struct {
		values []float64
		p      int
		want   float64
	}{{[]float64{3, 1, 2}, 50, 2}, {[]float64{7}, 95, 7}, {[]float64{2, 1}, 95, 2}, {[]float64{1, 2, 3, 4}, 50, 2}} {
		if got := percentile(c.values, c.p); got != c.want {
			t.Errorf("percentile %d of %v = %v, want %v", c.p, c.values, got, c.want)
		}
	}
}
