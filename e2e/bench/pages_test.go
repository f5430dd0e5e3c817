package bench

import (
	"net/http"
	"testing"
	"time"

	"foyer/e2e/figure"
)

// asks is how many requests a page gets in all. A cheap page gets as many in each run, because CPU is counted in steps
// of 10 ms.
const asks = 21_000

// question is one page under measure.
type question struct {
	name   string
	server *process
	idle   float64
	path   string
	least  int // bytes of an answer that is whole
	asks   int // requests a run
	header http.Header
	cost   []float64 // µs per request, one a run
}

// BenchmarkPages prints what a page costs the server, beside a bare hello. A browser accepts brotli, so the figures
// without a suffix are those with it; …_plain is the same page to a client that accepts no compression.
func BenchmarkPages(b *testing.B) {
	product, bare := serve(b, fresh(b)), greet(b)
	ada := signIn(b, product.url)
	ada.furnish(tiles)
	tile := "/rooms/" + ada.rooms()[0] + "/tile"
	plain := http.Header{"Cookie": {ada.cookie()}}
	as := http.Header{"Cookie": {ada.cookie()}, "Accept-Encoding": {"gzip, deflate, br, zstd"}}
	questions := []*question{
		{name: "hello", server: bare, path: "/", least: 5, asks: asks, header: as},
		{name: "dashboard", server: product, path: "/", least: 3_000, asks: asks / runs, header: as},
		{name: "dashboard_plain", server: product, path: "/", least: 30_000, asks: asks / runs, header: plain},
		{name: "fragment", server: product, path: tile, least: 300, asks: asks, header: as},
		{name: "fragment_plain", server: product, path: tile, least: 1_000, asks: asks, header: plain},
	}
	figure.Note("pages: %d connections, %d runs in turns, %d tiles, nobody inside", connections, runs, tiles)
	for _, q := range questions {
		storm(b, 500, q.least, q.server.url+q.path, q.header) // pools, plans and connections are warm
		q.idle = q.server.idle()
	}
	for range runs {
		for _, q := range questions {
			q.run(b)
		}
	}
	if b.Failed() {
		return
	}
	for _, q := range questions {
		q.print(questions[0])
	}
	figure.Note("pages: after it")
}

func (q *question) run(b *testing.B) {
	before, began := q.server.cpu(), time.Now()
	storm(b, q.asks, q.least, q.server.url+q.path, q.header)
	took := time.Since(began)
	used := q.server.cpu() - before - time.Duration(q.idle*float64(took))
	q.cost = append(q.cost, figure.Micros(used)/float64(q.asks))
}

func (q *question) print(hello *question) {
	figure.Spread(q.name+"_cpu", q.cost, "us", runs*q.asks)
	if q != hello {
		figure.Spread(q.name+"_ratio", figure.Over(q.cost, hello.cost), "x", runs*q.asks)
	}
}
