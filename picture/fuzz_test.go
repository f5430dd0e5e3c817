package picture

import (
	"context"
	"errors"
	"os"
	"testing"

	"foyer/meet"
)

// FuzzMake: whatever comes in, there comes out either a picture that keeps every promise or a sentence at its field.
// Files that promise many pixels are weighed only, to keep each try quick.
func FuzzMake(f *testing.F) {
	files, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, entry := range files {
		if !entry.IsDir() {
			f.Add(file(f, entry.Name()))
		}
	}
	for _, seed := range [][]byte{
		jpegOf(f, sunset(16, 9)), pngOf(f, sunset(16, 9)), gifOf(f, sunset(16, 9)), scans(16, 16, 2),
		emptyPNG(50_000, 50_000), emptyJPEG(0xc2, 99, 99), []byte("<svg/>"), []byte("GIF89a<script>"),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, need, err := inspect(raw); err == nil && need > 1<<18 {
			return
		}
		made, err := Make(context.Background(), "image", raw, Label, Tile)
		var why *meet.Error
		if err != nil && (!errors.As(err, &why) || why.Code != meet.Invalid || why.Field != "image" || why.Message == "") {
			t.Fatalf("neither a picture nor a refusal: %v", err)
		}
		for i := range made {
			checkPicture(t, made[i], Kind(i))
		}
	})
}
