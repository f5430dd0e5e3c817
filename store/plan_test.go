package store

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"foyer/replica"
)

// Looking for a person's other places happens in the one writer and at every picture of a lobby: it must not read all who
// ever came to the room.
func TestPlacesAreLookedUp(t *testing.T) {
	keep, err := replica.Open(t.Context(), replica.Options{Dir: t.TempDir() + "/data", Migrations: Migrations(), Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer keep.Close(context.Background())
	for _, query := range []string{otherPlaces, passElsewhere, seatElsewhere} {
		rows, err := keep.Read().QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, "seat", "invitation", "other")
		plan, err := collect(rows, err, func(r scanner) (step string, err error) {
			var id, parent, cost int
			return step, r.Scan(&id, &parent, &cost, &step)
		})
		if err != nil {
			t.Fatal(err)
		}
		whole := strings.Join(plan, "\n")
		for _, step := range []string{"USING INDEX pass_registration (registration=?)", "USING INDEX pass_invitation (invitation=?)"} {
			if !strings.Contains(whole, step) {
				t.Errorf("%s\nis done without %q:\n%s", query, step, whole)
			}
		}
		if n := strings.Count(whole, " pass "); n != 2 || strings.Contains(whole, "SCAN pass") {
			t.Errorf("%s\nreads passes %d times:\n%s", query, n, whole)
		}
	}
}
