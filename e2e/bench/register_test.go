package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"foyer"
	"foyer/e2e/figure"
	"foyer/replica"
	"foyer/store"
)

const (
	registrations = 2000 // of one run
	registerRuns  = 3
)

// rows is the baseline of registering: an Echo server whose POST inserts one row through the same acknowledged queue.
func rows() {
	data := os.Args[3]
	conf, err := replica.ParseConfig(foyer.Litestream, func(string) string { return data })
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	keep, err := replica.Open(context.Background(), replica.Options{Dir: data, Config: conf, Migrations: store.Migrations(), Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "hello") })
	e.POST("/", func(c echo.Context) error {
		row := browserRow()
		row[2] = c.FormValue("name")
		if err := keep.Write(c.Request().Context(), func(ctx context.Context, tx *replica.Tx) error {
			_, err := tx.Exec(ctx, insertBrowser, row...)
			return err
		}); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, "/")
	})
	fmt.Fprintln(os.Stderr, e.Start(os.Args[2]))
	os.Exit(1)
}

// BenchmarkRegister prints what one registration costs the server, and the same for a bare POST with one row.
func BenchmarkRegister(b *testing.B) {
	product := serve(b, fresh(b), "--mail-dir", b.TempDir(), "--mail-rate", "0.001", "--trusted-proxy", "127.0.0.0/8") // the letters' own cost is another figure
	bare := keepRows(b)
	ada := signIn(b, product.url)
	var ours, theirs []float64
	figure.Note("register: %d runs of %d registrations by %d at a time, in turns", registerRuns, registrations, connections)
	for run := range registerRuns {
		room := ada.plan(fmt.Sprintf("Talk %d", run), "registration", "yes")
		ours = append(ours, product.spent(b, product.url+"/e/"+room.slug, "/done"))
		theirs = append(theirs, bare.spent(b, bare.url+"/", "/"))
	}
	figure.Note("register: after it")
	figure.Spread("register_cpu", ours, "us", registrations*registerRuns)
	figure.Spread("register_baseline_cpu", theirs, "us", registrations*registerRuns)
	figure.Spread("register_ratio", figure.Over(ours, theirs), "ratio", registrations*registerRuns)
}

// keepRows starts the baseline in a process of its own.
func keepRows(b *testing.B) *process {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	address := freeAddress(b)
	return start(b, "http://"+address, "/", exec.Command(self, "rows", address, b.TempDir()+"/data"))
}

// spent is the server's CPU for one registration, µs: everybody is another network, so that no limit is met.
func (p *process) spent(b *testing.B, address, leads string) float64 {
	b.Helper()
	before := p.cpu()
	var left atomic.Int64
	left.Store(registrations)
	var all sync.WaitGroup
	transport := &http.Transport{MaxIdleConnsPerHost: connections}
	defer transport.CloseIdleConnections()
	for range connections {
		all.Go(func() {
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				form := url.Values{"email": {fmt.Sprintf("reader%d@attendee.example", n)}, "name": {"Zoë Quick"}}
				request, _ := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
				request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				request.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255))
				answer, err := transport.RoundTrip(request)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if answer.StatusCode != http.StatusSeeOther || !strings.HasSuffix(answer.Header.Get("Location"), leads) {
					b.Errorf("%s: %s to %q", address, answer.Status, answer.Header.Get("Location"))
					return
				}
			}
		})
	}
	all.Wait()
	return float64((p.cpu() - before).Microseconds()) / registrations
}
