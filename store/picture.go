package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"foyer/meet"
)

// Picture is an image that was checked and re-encoded before the verb (decision 10). Hash is the SHA-256 of Bytes in hex.
type Picture struct {
	Hash, Type string
	Bytes      []byte
}

// Picture reads one, from this node's own copy. An unknown one is not here.
func (s *Store) Picture(ctx context.Context, hash string) (p Picture, err error) {
	err = s.row(ctx, `SELECT hash, type, bytes FROM picture WHERE hash = ?`, hash).Scan(&p.Hash, &p.Type, &p.Bytes)
	if none(err) {
		err = meet.ErrNotHere
	}
	return p, err
}

// keepPicture stores a picture once, however often it is sent.
func (a *act) keepPicture(p Picture) error {
	sum := sha256.Sum256(p.Bytes)
	if p.Hash != hex.EncodeToString(sum[:]) {
		return meet.Refuse(meet.Invalid, "This picture was damaged on its way.")
	}
	return a.do(`INSERT INTO picture (hash, type, bytes, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET created_at = excluded.created_at`,
		p.Hash, p.Type, p.Bytes, ms(a.now))
}

// letGo starts the time of pictures that one place names no longer.
func (a *act) letGo(hashes ...string) error {
	for _, hash := range hashes {
		if err := a.do(`UPDATE picture SET created_at = ? WHERE hash = ?`, ms(a.now), hash); err != nil {
			return err
		}
	}
	return nil
}

// orphansKept is how long a picture that nobody names stays: a page that was drawn a moment ago may still ask for it.
const orphansKept = time.Hour

// forgetPictures drops what no room, label or lobby names any more.
func (a *act) forgetPictures() error {
	return a.do(`DELETE FROM picture WHERE created_at < ? AND hash NOT IN (
		SELECT image FROM room UNION SELECT tile FROM room UNION SELECT lobby_image FROM room
		UNION SELECT image FROM account UNION SELECT image FROM browser UNION SELECT image FROM pass)`, ms(a.now.Add(-orphansKept)))
}
