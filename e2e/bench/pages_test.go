package bench

import (
	"net/http"
	"testing"
	"time"
)

// asks is how many requests one run of a page makes.
const asks = 20_000

// question is one page under measure.
type question struct {
	name   string
	server *process
	idle   float64
	path   string
	least  int // bytes of an answer that is whole
	header http.Header
	cost   []float64 // µs per request, one a run
	rate   []float64 // requests per second
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
		{name: "hello", server: bare, path: "/", least: 5, header: as},
		{name: "dashboard", server: product, path: "/", least: 3_000, header: as},
		{name: "dashboard_plain", server: product, path: "/", least: 30_000, header: plain},
		{name: "fragment", server: product, path: tile, least: 300, header: as},
		{name: "fragment_plain", server: product, path: tile, least: 1_000, header: plain},
	}
	note("pages: %d requests a run, %d connections, %d runs in turns, %d tiles", asks, connections, runs, tiles)
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
}

func (q *question) run(b *testing.B) {
	before, began := q.server.cpu(), time.Now()
	storm(b, asks, q.least, q.server.url+q.path, q.header)
	took := time.Since(began)
	used := q.server.cpu() - before - time.Duration(q.idle*float64(took))
	q.cost = append(q.cost, micros(used)/asks)
	q.rate = append(q.rate, asks/took.Seconds())
}

func (q *question) print(hello *question) {
	spread(q.name+"_cpu", q.cost, "us", runs*asks)
	if q != hello {
		spread(q.name+"_ratio", over(q.cost, hello.cost), "x", runs*asks)
	}
}
