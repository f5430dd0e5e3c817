// Package figure prints what was measured, one line for each figure: `figure NAME VALUE UNIT n=N`.
package figure

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Print prints one line. n counts events: requests, packets, viewers, writes or starts.
func Print(name string, value float64, unit string, n int) {
	fmt.Printf("figure %s %.4g %s n=%d\n", name, value, unit, n)
}

// Missing says why figures have no value.
func Missing(reason string, names ...string) {
	for _, name := range names {
		fmt.Printf("figure %s - - n=0 %s\n", name, strings.Join(strings.Fields(reason), " "))
	}
}

// Spread prints the median of several runs, and the smallest and largest beside it; of no runs, that there were none.
func Spread(name string, values []float64, unit string, n int) {
	if len(values) == 0 {
		Missing("it never happened", name)
		return
	}
	Print(name, Median(values), unit, n)
	Print(name+"_min", slices.Min(values), unit, n)
	Print(name+"_max", slices.Max(values), unit, n)
}

// Percentiles prints the 50th and the 95th of n events.
func Percentiles(name string, values []float64, unit string) {
	if len(values) == 0 {
		Missing("it never happened", name+"_p50", name+"_p95")
		return
	}
	Print(name+"_p50", Percentile(values, 50), unit, len(values))
	Print(name+"_p95", Percentile(values, 95), unit, len(values))
}

// Note says under which conditions the figures beside it were measured. It begins on a line of its own, because the
// benchmark's name stands there already.
func Note(format string, a ...any) {
	fmt.Printf("\nnote load average %s; %s\n", LoadAverage(), fmt.Sprintf(format, a...))
}

// LoadAverage is that of the machine over 1, 5 and 15 minutes.
func LoadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// Median is the 50th percentile.
func Median(values []float64) float64 { return Percentile(values, 50) }

// Percentile is the nearest-rank one: a value that occurred, never one in between.
func Percentile[T cmp.Ordered](values []T, p int) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// Over divides the first by the second run by run, so that what disturbed both sides of a run disturbs no ratio.
func Over(a, b []float64) (ratios []float64) {
	for i := range min(len(a), len(b)) {
		ratios = append(ratios, a[i]/b[i])
	}
	return ratios
}

// Millis is a duration in ms.
func Millis(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// Micros is a duration in µs.
func Micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
