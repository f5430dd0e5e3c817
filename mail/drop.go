package mail

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Drop writes each letter as a file of its own, 20261122T101500.000000Z-0000.eml: names sort by time and then by turn,
// and every mail program opens them. Files are whole from the moment they are seen, on disk before Send returns, and
// never written over.
type Drop struct {
	folder string
	key    *Key
	now    func() time.Time
	limit  *rate.Limiter // nil = none
	rest   *rest         // after a key that signs nothing

	mutex sync.Mutex
	stamp string // of the last file
	turn  int    // within that stamp
}

const stampForm = "20060102T150405.000000Z"

// NewDrop makes the folder if need be. It is for its owner only: letters hold links that open doors. A nil key leaves
// letters unsigned.
func NewDrop(folder string, key *Key, now func() time.Time) (*Drop, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("folder for mails: %w", err)
	}
	return &Drop{folder: folder, key: key, now: now, rest: &rest{now: now}}, nil
}

// Pace limits files a second; 0 = no limit. Before the first Send.
func (d *Drop) Pace(perSecond float64) {
	if perSecond > 0 {
		d.limit = rate.NewLimiter(rate.Limit(perSecond), 1)
	}
}

// Send writes one letter; the result's Text is its file. A full disk is Temporary.
func (d *Drop) Send(ctx context.Context, letter Letter) Result {
	if err := ctx.Err(); err != nil {
		return failed(Wait, err)
	}
	text, err := letter.MIME(d.key)
	if err != nil {
		result := failed(Compose, err)
		d.rest.learn(result)
		return result
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for {
		file, err := d.put(d.nextName(), text)
		switch {
		case errors.Is(err, fs.ErrExist):
			continue // another process writes here too, or the clock went back
		case err != nil:
			return failed(Content, err)
		}
		return Result{Outcome: Delivered, Stage: Content, Text: file}
	}
}

// nextName never goes back, even if the clock does.
func (d *Drop) nextName() string {
	if stamp := d.now().UTC().Format(stampForm); stamp > d.stamp {
		d.stamp, d.turn = stamp, 0
	} else {
		d.turn++
	}
	return fmt.Sprintf("%s-%04d.eml", d.stamp, d.turn)
}

// put writes under a name that readers pass over and then gives the file its own. Who holds the first name alone may
// make the second, so that nothing is written over between the look and the renaming.
func (d *Drop) put(name string, text []byte) (string, error) {
	part, whole := filepath.Join(d.folder, "."+name+".part"), filepath.Join(d.folder, name)
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	err = fill(f, text)
	if _, there := os.Lstat(whole); there == nil {
		err = fs.ErrExist
	}
	if err == nil {
		err = os.Rename(part, whole)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(part))
	}
	return whole, d.sync()
}

func fill(f *os.File, text []byte) error {
	_, err := f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// sync makes the new name as durable as the file.
func (d *Drop) sync() error {
	folder, err := os.Open(d.folder)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
