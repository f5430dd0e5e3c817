package handlers

import (
	"bytes"
	"context"
	"io"

	"github.com/a-h/templ"
	lru "github.com/hashicorp/golang-lru/v2"

	"foyer/meet"
	"foyer/views"
)

// tileBox remembers what tiles look like. A tile is drawn from a handful of values, and those are the key, so a
// remembered tile can never be wrong: when anything that shows changes, it is another key. Drawing fifty tiles costs a
// millisecond of CPU, remembering them a twentieth of that.
type tileBox struct {
	by       *lru.Cache[tileKey, []byte]
	webinars *lru.Cache[eventKey, []byte]
}

// tileKey is everything that shows on a tile.
type tileKey struct {
	id               meet.ID
	name, slug, used string
	theme            meet.Theme
	locked           bool
	swatch, people   int
	asking           int
	image            string
	faces            [3]face
	icons            string
}

// eventKey is everything that shows on a webinar's tile.
type eventKey struct {
	id                 meet.ID
	name, slug, starts string
	phase              meet.Phase
	registration       bool
	capacity, people   int
	registered         int
	icons              string
}

type face struct {
	swatch      int
	name, image string
}

const mostTiles = 4096 // some 10 MB at the most

func newTileBox() tileBox {
	by, err := lru.New[tileKey, []byte](mostTiles)
	if err != nil {
		panic(err) // the size is positive
	}
	webinars, err := lru.New[eventKey, []byte](mostTiles)
	if err != nil {
		panic(err)
	}
	return tileBox{by, webinars}
}

// drawer draws tiles for one page.
func (b tileBox) drawer(p views.Page) func(meet.Tile) templ.Component {
	icons := p.Assets.Path("icons.svg")
	return func(t meet.Tile) templ.Component {
		return remembered(b.by, keyOf(p, t, icons), views.TileRegion(p, t))
	}
}

// events is the same for webinars.
func (b tileBox) events(p views.Page) func(meet.EventTile) templ.Component {
	icons := p.Assets.Path("icons.svg")
	return func(t meet.EventTile) templ.Component {
		key := eventKey{id: t.ID, name: t.Name, slug: t.Slug, starts: p.Start(t.When) + t.Starts.UTC().String(), phase: t.Phase(p.Now), registration: t.Registration,
			capacity: t.Capacity, people: t.People, registered: t.Registered, icons: icons}
		return remembered(b.webinars, key, views.EventTileRegion(p, t))
	}
}

// remembered draws a tile, or gives it as it was drawn before.
func remembered[K comparable](by *lru.Cache[K, []byte], key K, tile templ.Component) templ.Component {
	if known, ok := by.Get(key); ok {
		return drawnAlready(known)
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var out bytes.Buffer
		if err := tile.Render(ctx, &out); err != nil {
			return err
		}
		by.Add(key, out.Bytes())
		_, err := w.Write(out.Bytes())
		return err
	})
}

func keyOf(p views.Page, t meet.Tile, icons string) tileKey {
	k := tileKey{id: t.ID, name: t.Name, slug: t.Slug, theme: t.Theme, locked: t.Locked, people: t.People, asking: t.Asking, swatch: t.Swatch(), image: t.Tile, icons: icons}
	if !t.LastUsed.IsZero() {
		k.used = p.Clock(t.LastUsed) + t.LastUsed.UTC().String()
	}
	for i, f := range t.Faces {
		k.faces[i] = face{f.Swatch(), f.Name, f.Image}
	}
	return k
}

// drawnAlready is a component of bytes that a component wrote.
func drawnAlready(b []byte) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
