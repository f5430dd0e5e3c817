package picture

import (
	"bytes"
	"context"
	"errors"
	"image"
	"time"
)

// patience is how long one file may keep a CPU busy. 40 million pixels take about a second; a progressive JPEG of 10 MB
// can ask for a quarter of a million scans over all of them.
const patience = 10 * time.Second

// open decodes raw. Nothing a decoder does with it is our fault: an error, a panic or no end in sight is a broken picture.
func open(ctx context.Context, f format, raw []byte, patience time.Duration) (m image.Image, err error) {
	defer recovered(&err)
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m, err = f.decode(&drip{limited, bytes.NewReader(raw)})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil || m.Bounds().Empty() {
		return nil, broken
	}
	return m, nil
}

// recovered turns a panic of a decoder into a broken picture.
func recovered(err *error) {
	if recover() != nil {
		*err = broken
	}
}

// drip hands a decoder its file in small pieces until ctx ends: the one place where a decoder at work can be stopped.
type drip struct {
	ctx context.Context
	raw *bytes.Reader
}

var errStopped = errors.New("stopped reading")

func (d *drip) Read(p []byte) (int, error) {
	if d.ctx.Err() != nil {
		return 0, errStopped
	}
	return d.raw.Read(p[:min(len(p), 512)])
}
