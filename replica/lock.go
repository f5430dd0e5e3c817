package replica

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lock is the flock on data/lock: one process owns the data. The kernel lets go of it when the process dies.
type lock struct{ f *os.File }

func takeLock(dir string) (*lock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%w: %s", ErrLocked, dir)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &lock{f}, nil
}

func (l *lock) release() error {
	if l == nil {
		return nil
	}
	return l.f.Close()
}

// dataFolder makes the folder and returns its absolute name. Litestream puts the name unescaped into a SQLite URI, so
// characters that mean something there are refused.
func dataFolder(dir string) (string, error) {
	if dir == "" || strings.ContainsAny(dir, "?#%") {
		return "", fmt.Errorf("data folder %q: empty, or contains one of ? # %%", dir)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o700)
}
