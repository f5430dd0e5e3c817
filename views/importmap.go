package views

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"foyer/static"
)

// importMap is the one inline script of the product. Its text is made by static from file names and hashes alone, and
// the Content-Security-Policy allows exactly these bytes by their hash, so it is written as it is.
func importMap(files *static.Files, modules []string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `<script type="importmap">`+files.ImportMap(modules...)+`</script>`)
		return err
	})
}
