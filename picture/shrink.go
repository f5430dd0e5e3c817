package picture

import (
	"image"
	"image/draw"
)

// middle is the largest part of whole, around its centre, that has the proportions of width to height.
func middle(whole image.Rectangle, width, height int) image.Rectangle {
	w, h := whole.Dx(), whole.Dy()
	if w*height > h*width {
		w = max(1, (h*width+height/2)/height)
	} else {
		h = max(1, (w*height+width/2)/width)
	}
	w, h = min(w, whole.Dx()), min(h, whole.Dy())
	corner := whole.Min.Add(image.Pt((whole.Dx()-w)/2, (whole.Dy()-h)/2))
	return image.Rectangle{corner, corner.Add(image.Pt(w, h))}
}

// shrink gives part of a picture in width × height pixels, which must not be more than part has. Every pixel is the mean
// of the area it covers, counted in whole numbers, so that every machine draws the same. What shines through lies on
// white. It works row by row: the kernels of x/image/draw would keep all rows in between, 32 bytes a pixel, which for a
// background are hundreds of megabytes.
func shrink(from image.Image, part image.Rectangle, width, height int) *image.RGBA {
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	row := image.NewRGBA(image.Rect(0, 0, part.Dx(), 1))
	narrow, sums := make([]uint32, 3*width), make([]uint64, 3*width)
	area := uint64(part.Dx()) * uint64(part.Dy())
	y, room := 0, part.Dy() // the row being summed, and how much of it is still to come
	for line := part.Min.Y; line < part.Max.Y; line++ {
		draw.Draw(row, row.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(row, row.Rect, from, image.Pt(part.Min.X, line), draw.Over)
		narrowed(narrow, row.Pix, width)
		first := min(height, room)
		add(sums, narrow, first)
		if room -= first; room > 0 {
			continue
		}
		finish(small.Pix[y*small.Stride:], sums, area)
		y, room = y+1, part.Dy()-(height-first)
		add(sums, narrow, height-first)
	}
	return small
}

// narrowed sums a row of RGBA pixels into as many columns as width. A pixel is width units wide and a column as many as
// the row has pixels, so both fill the row exactly; a pixel on the border of two columns is shared by both.
func narrowed(columns []uint32, row []byte, width int) {
	clear(columns)
	pixels := len(row) / 4
	x, room := 0, pixels
	for ; len(row) >= 4; row = row[4:] {
		first := min(width, room)
		blend(columns[x:], row, first)
		if room -= first; room > 0 {
			continue
		}
		x, room = x+3, pixels-(width-first)
		if first < width {
			blend(columns[x:], row, width-first)
		}
	}
}

func blend(column []uint32, pixel []byte, units int) {
	column[0] += uint32(pixel[0]) * uint32(units)
	column[1] += uint32(pixel[1]) * uint32(units)
	column[2] += uint32(pixel[2]) * uint32(units)
}

func add(sums []uint64, columns []uint32, units int) {
	if units == 0 {
		return
	}
	for i, c := range columns {
		sums[i] += uint64(c) * uint64(units)
	}
}

// finish writes the means of sums over area as opaque pixels and clears sums for the next row.
func finish(pixels []byte, sums []uint64, area uint64) {
	for i := 0; i < len(sums); i += 3 {
		p := pixels[i/3*4:][:4]
		for c := range 3 {
			p[c] = byte((sums[i+c] + area/2) / area)
		}
		p[3] = 255
	}
	clear(sums)
}
