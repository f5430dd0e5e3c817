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
type tileBox struct{ by *lru.Cache[tileKey, []byte] }

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
	return tileBox{by}
}

// drawer draws tiles for one page.
func (b tileBox) drawer(p views.Page) func(meet.Tile) templ.Component {
	icons := p.Assets.Path("icons.svg")
	return func(t meet.Tile) templ.Component {
		key := keyOf(p, t, icons)
		if known, ok := b.by.Get(key); ok {
			return drawnAlready(known)
		}
		return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			var out bytes.Buffer
			if err := views.TileRegion(p, t).Render(ctx, &out); err != nil {
				return err
			}
			b.by.Add(key, out.Bytes())
			_, err := w.Write(out.Bytes())
			return err
		})
	}
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
