package picture

import "image"

// turn is an Exif orientation, 1 to 8: where the first row and the first column of what is stored belong.
//
//	1 top, left      2 top, right     3 bottom, right  4 bottom, left
//	5 left, top      6 right, top     7 right, bottom  8 left, bottom
type turn int

// onItsSide tells whether width and height change places.
func (t turn) onItsSide() bool { return t >= 5 }

func (t turn) swap(width, height int) (int, int) {
	if t.onItsSide() {
		return height, width
	}
	return width, height
}

// apply gives the picture as it is to be seen. Pictures are turned when they are small already.
func (t turn) apply(stored *image.RGBA) *image.RGBA {
	if t == 1 {
		return stored
	}
	width, height := t.swap(stored.Rect.Dx(), stored.Rect.Dy())
	seen := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			from := stored.PixOffset(t.from(x, y, stored.Rect.Size()))
			copy(seen.Pix[seen.PixOffset(x, y):][:4], stored.Pix[from:][:4])
		}
	}
	return seen
}

// from tells where the pixel seen at x, y is stored in a picture of this size.
func (t turn) from(x, y int, size image.Point) (int, int) {
	if t.onItsSide() {
		x, y = y, x
	}
	if t == 2 || t == 3 || t == 7 || t == 8 {
		x = size.X - 1 - x
	}
	if t == 3 || t == 4 || t == 6 || t == 7 {
		y = size.Y - 1 - y
	}
	return x, y
}
