package replica

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

// ackClient is what Litestream writes to. WriteLTXFile returns when the file is durable wherever an acknowledgement
// promises it to be; everything else (listing, reading) is about committed/ alone.
type ackClient struct {
	folder
	r *Replica
}

var _ litestream.ReplicaClient = (*ackClient)(nil)

func (c *ackClient) Type() string             { return "foyer" }
func (c *ackClient) SetLogger(l *slog.Logger) { c.folder.SetLogger(l) }

// WriteLTXFile takes the next L0 file, and only that one: a gap or a repeat means that Litestream and committed/
// disagree about the past, which must not be papered over. The two copies are written side by side, so that a file
// system with a journal commits both at once.
func (c *ackClient) WriteLTXFile(ctx context.Context, level int, lo, hi ltx.TXID, rd io.Reader) (*ltx.FileInfo, error) {
	last := c.r.position()
	if level != 0 || lo != hi || lo != last+1 {
		return nil, fmt.Errorf("committed is at %s and was handed level %d %s-%s", last, level, lo, hi)
	}
	if c.r.failed.Load() != nil {
		return nil, fmt.Errorf("%w: writing has stopped", ErrReadOnly)
	}
	src, ok := rd.(*os.File) // Replica.uploadLTXFile, replica.go:248
	if !ok {
		return nil, fmt.Errorf("litestream handed a %T instead of its L0 file", rd)
	}
	copied := make(chan error, 1)
	if c.r.copy == nil {
		copied <- nil
	} else {
		go func() { copied <- c.r.copy.copyFrom(src.Name(), 0, lo, hi) }()
	}
	err := c.link(src.Name(), lo)
	if err = errors.Join(err, <-copied); err != nil {
		return nil, err
	}
	fi, err := src.Stat()
	if err != nil {
		return nil, err
	}
	c.r.last.Store(uint64(lo))
	return &ltx.FileInfo{Level: 0, MinTXID: lo, MaxTXID: hi, Size: fi.Size(), CreatedAt: fi.ModTime()}, nil
}

// DeleteLTXFiles and DeleteAll are refused: what committed/ keeps is the keeper's business, not Litestream's.
func (c *ackClient) DeleteLTXFiles(context.Context, []*ltx.FileInfo) error {
	return errors.New("litestream does not delete from committed")
}

// DeleteAll is refused, see DeleteLTXFiles.
func (c *ackClient) DeleteAll(context.Context) error {
	return errors.New("litestream does not delete from committed")
}
