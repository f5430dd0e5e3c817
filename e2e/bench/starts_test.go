package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/figure"
	"foyer/replica"
)

const (
	bulk      = 100e6 // bytes of app.db
	idleAfter = 60 * time.Second
)

// BenchmarkReady prints how long a start takes until writes are accepted, with a database of 100 MB: after a clean stop,
// and after kill -9, when app.db is built again from what was committed. The baseline is a start on a new account alone.
func BenchmarkReady(b *testing.B) {
	small, data := fresh(b), fresh(b)
	product := serve(b, data)
	signIn(b, product.url).furnish(tiles)
	product.stop()
	rows := fill(b, data)
	info, err := os.Stat(filepath.Join(data, "app.db"))
	if err != nil {
		b.Fatal(err)
	}
	serve(b, data).stop() // the first start after so much was written may still fold it
	figure.Note("ready: %.0f MB in app.db, %d attendances; not dropped from the page cache", float64(info.Size())/1e6, rows)
	var clean, unclean, base []float64
	for i := range runs {
		product = serve(b, data)
		clean = append(clean, figure.Millis(product.ready))
		signIn(b, product.url).post("/rooms", url.Values{"name": {fmt.Sprintf("Before the power cut %d", i)}, "theme": {"meeting"}})
		product.kill()
		product = serve(b, data)
		unclean = append(unclean, figure.Millis(product.ready))
		product.stop()
		product = serve(b, small)
		base = append(base, figure.Millis(product.ready))
		product.stop()
	}
	figure.Note("ready: after it")
	figure.Spread("ready_ms", clean, "ms", runs)
	figure.Spread("ready_unclean_ms", unclean, "ms", runs)
	figure.Spread("ready_baseline_ms", base, "ms", runs)
}

// fill writes past calls through the product's queue until app.db has 100 MB, and gives the number of attendances.
func fill(b *testing.B, data string) (rows int) {
	b.Helper()
	keep := openReplica(b, data)
	var room string
	if err := keep.Read().QueryRow(`SELECT id FROM room ORDER BY id LIMIT 1`).Scan(&room); err != nil {
		b.Fatal(err)
	}
	for size := 0.0; size < bulk; {
		if err := keep.Write(context.Background(), func(ctx context.Context, tx *replica.Tx) error { return pastCalls(ctx, tx, room) }); err != nil {
			b.Fatal(err)
		}
		rows += callsAtOnce * peopleInCall
		if err := keep.Read().QueryRow(`SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`).Scan(&size); err != nil {
			b.Fatal(err)
		}
	}
	if err := keep.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	return rows
}

const callsAtOnce, peopleInCall = 100, 100

// pastCalls are a hundred ended calls of a hundred people.
func pastCalls(ctx context.Context, tx *replica.Tx, room string) error {
	began := time.Now().Add(-24 * time.Hour).UnixMilli()
	for range callsAtOnce {
		call := rand.Text()[:16]
		if _, err := tx.Exec(ctx, `INSERT INTO call (id, room, room_name, started_at, empty_at, ended_at) VALUES (?, ?, 'Studio stand-up', ?, ?, ?)`,
			call, room, began, began+3_600_000, began+3_600_000); err != nil {
			return err
		}
		for range peopleInCall {
			if _, err := tx.Exec(ctx, `INSERT INTO attendance (call, pass, name, role, entered_at, left_at) VALUES (?, ?, 'Ada Lindqvist', 'participant', ?, ?)`,
				call, rand.Text()[:16], began, began+3_600_000); err != nil {
				return err
			}
		}
	}
	return nil
}

// BenchmarkIdle prints the resident memory a minute after the start, on the data of `foyer seed`, asking for nothing. The
// runs go side by side: they are separate processes that do nothing.
func BenchmarkIdle(b *testing.B) {
	var servers []*process
	for range runs {
		data := filepath.Join(b.TempDir(), "data")
		if out, err := exec.Command(browser.Binary(b), "seed", "--data", data).CombinedOutput(); err != nil {
			b.Fatalf("seed: %v\n%s", err, out)
		}
		servers = append(servers, serve(b, data))
	}
	time.Sleep(idleAfter)
	figure.Note("idle: %s after ready", idleAfter)
	var mib []float64
	for _, s := range servers {
		mib = append(mib, s.rss()/1024)
	}
	figure.Spread("idle_mib", mib, "MiB", runs)
	info, err := os.Stat(browser.Binary(b))
	if err != nil {
		b.Fatal(err)
	}
	figure.Print("binary_mib", float64(info.Size())/(1<<20), "MiB", 1)
}
