package line

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// figure prints one line: the median of some values, and the smallest and largest beside it. n counts the minutes or the
// steps that were measured.
func figure(name string, values []float64, unit string) {
	if len(values) == 0 {
		fmt.Printf("figure %s 0 %s n=0 (it never happened)\n", name, unit)
		return
	}
	sorted := slices.Sorted(slices.Values(values))
	for i, suffix := range []string{"", "_min", "_max"} {
		at := []int{(len(sorted) - 1) / 2, 0, len(sorted) - 1}[i]
		fmt.Printf("figure %s%s %.4g %s n=%d\n", name, suffix, sorted[at], unit, len(values))
	}
}

// note says under which conditions the figures beside it were measured.
func note(format string, a ...any) {
	load := "unknown"
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		load = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	fmt.Printf("\nnote load average %s; %s\n", load, fmt.Sprintf(format, a...))
}
