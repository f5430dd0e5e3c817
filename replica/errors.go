package replica

import "errors"

var (
	// ErrUnknownOutcome says that the write may or may not have become durable; the caller retries with the same key.
	ErrUnknownOutcome = errors.New("replica: outcome unknown")
	// ErrReadOnly says that writes are not accepted and that this one has surely not happened.
	ErrReadOnly = errors.New("replica: not accepting writes")
	// ErrLocked says that another process owns the data folder.
	ErrLocked = errors.New("replica: the data folder is in use by another process")
	// ErrNewer says that the file was migrated by a newer program than this one.
	ErrNewer = errors.New("replica: the database was written by a newer version")
	// ErrAhead says that the off-site copy knows more than the data folder, or something else: starting would overwrite it.
	ErrAhead = errors.New("replica: the off-site copy is ahead of the data folder")
	// ErrNotEmpty says that a restore would overwrite something.
	ErrNotEmpty = errors.New("replica: the data folder is not empty")
)
