package figure

import "testing"

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
		if got := Percentile(c.values, c.p); got != c.want {
			t.Errorf("percentile %d of %d values = %v, want %v", c.p, len(c.values), got, c.want)
		}
	}
}
