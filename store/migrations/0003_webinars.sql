-- Webinars: events with a date, who registered, who was invited, and the letters that are owed to them.

-- An event is a room of kind 'event' with a time. Its title, cover and theme are the room's.
CREATE TABLE event (
  room         TEXT PRIMARY KEY REFERENCES room ON DELETE CASCADE,
  description  TEXT NOT NULL,
  speakers     TEXT NOT NULL,              -- one in a line: name, a comma, what they are
  date         TEXT NOT NULL,              -- 2027-03-10 on the organiser's clock
  clock        TEXT NOT NULL,              -- 15:00
  zone         TEXT NOT NULL,              -- IANA
  starts_at    INTEGER NOT NULL,           -- the instant that these three mean
  minutes      INTEGER NOT NULL,
  registration INTEGER NOT NULL,           -- has a registration page
  capacity     INTEGER NOT NULL,           -- seats, 0 = no end of them
  closes_at    INTEGER,                    -- no registration from then on
  note         TEXT NOT NULL DEFAULT '',   -- what the host says to those who wait
  sequence     INTEGER NOT NULL DEFAULT 0, -- of the newest edition
  changed_at   INTEGER NOT NULL,
  reminded     INTEGER NOT NULL DEFAULT 0, -- those who should be reminded of this start are
  started_at   INTEGER,
  ended_at     INTEGER,
  cancelled_at INTEGER,
  deleted_at   INTEGER                     -- hidden; rows stay until the letters are out
) STRICT, WITHOUT ROWID;
CREATE INDEX event_due ON event (starts_at) WHERE started_at IS NULL AND cancelled_at IS NULL;

-- What letters say of an event: one edition for each change that calendars must show. A letter names the edition it tells
-- of, so a retry says the same as the first try.
CREATE TABLE edition (
  room        TEXT NOT NULL REFERENCES event ON DELETE CASCADE,
  sequence    INTEGER NOT NULL,
  title       TEXT NOT NULL,
  description TEXT NOT NULL,
  speakers    TEXT NOT NULL,
  starts_at   INTEGER NOT NULL,
  minutes     INTEGER NOT NULL,
  zone        TEXT NOT NULL,
  host        TEXT NOT NULL, -- the owner's name and address as they were
  reply_to    TEXT NOT NULL,
  cancelled   INTEGER NOT NULL,
  message     TEXT NOT NULL, -- the host's words to a change
  at          INTEGER NOT NULL,
  PRIMARY KEY (room, sequence)
) STRICT, WITHOUT ROWID;

-- What an organiser asks besides address and name.
CREATE TABLE field (
  id       TEXT PRIMARY KEY,
  room     TEXT NOT NULL REFERENCES event ON DELETE CASCADE,
  place    INTEGER NOT NULL,
  kind     TEXT NOT NULL CHECK (kind IN ('text', 'long', 'choice', 'checkbox', 'consent')),
  label    TEXT NOT NULL,
  options  TEXT NOT NULL, -- of a choice, one in a line
  required INTEGER NOT NULL,
  gone     INTEGER NOT NULL DEFAULT 0 -- not asked any more; answers stay
) STRICT, WITHOUT ROWID;
CREATE INDEX field_room ON field (room, place);

-- One row for one address at one event, also after the seat was given back.
CREATE TABLE registration (
  id         TEXT PRIMARY KEY,
  room       TEXT NOT NULL REFERENCES event ON DELETE CASCADE,
  email      TEXT NOT NULL,
  email_key  TEXT NOT NULL,
  name       TEXT NOT NULL,
  zone       TEXT NOT NULL,              -- of the browser that registered, '' = not known
  state      TEXT NOT NULL CHECK (state IN ('waiting', 'registered', 'cancelled', 'removed')),
  uid        TEXT NOT NULL UNIQUE,       -- of the calendar entry and the lane of its letters; new when a seat is taken again
  generation INTEGER NOT NULL DEFAULT 1, -- of the personal link
  reminders  INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,           -- when the seat was taken, or asked for
  came_at    INTEGER,                    -- inside for the first time
  UNIQUE (room, email_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX registration_room ON registration (room, state, created_at);

CREATE TABLE answer (
  registration TEXT NOT NULL REFERENCES registration ON DELETE CASCADE,
  field        TEXT NOT NULL REFERENCES field ON DELETE CASCADE,
  text         TEXT NOT NULL,
  PRIMARY KEY (registration, field)
) STRICT, WITHOUT ROWID;

-- A named address that a host asked to come to a room or an event.
CREATE TABLE invitation (
  id         TEXT PRIMARY KEY,
  room       TEXT NOT NULL REFERENCES room ON DELETE CASCADE,
  email      TEXT NOT NULL,
  email_key  TEXT NOT NULL,
  name       TEXT NOT NULL,
  role       TEXT NOT NULL CHECK (role IN ('attendee', 'speaker', 'moderator')),
  uid        TEXT NOT NULL UNIQUE,
  generation INTEGER NOT NULL DEFAULT 1,
  by         TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  came_at    INTEGER,
  revoked_at INTEGER,
  UNIQUE (room, email_key)
) STRICT, WITHOUT ROWID;

-- A link by mail that sets a password: of an account that exists, or of one that begins with it.
CREATE TABLE ticket (
  token      BLOB PRIMARY KEY,
  kind       TEXT NOT NULL CHECK (kind IN ('reset', 'account')),
  id         TEXT NOT NULL UNIQUE,
  account    TEXT REFERENCES account ON DELETE CASCADE, -- of a reset
  email      TEXT NOT NULL,
  name       TEXT NOT NULL,
  admin      INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at    INTEGER
) STRICT, WITHOUT ROWID;

-- The outbox: one row for each letter that is owed, made in the transaction of its cause.
CREATE TABLE letter (
  id         INTEGER PRIMARY KEY,
  dedup      TEXT NOT NULL UNIQUE,       -- what it is about; its Message-ID comes from it
  lane       TEXT NOT NULL,              -- letters of one lane go out one after the other
  kind       TEXT NOT NULL,
  reason     TEXT NOT NULL DEFAULT '',   -- what else decides its words
  room       TEXT,                       -- event or room it is about, for its host to see
  about      TEXT NOT NULL CHECK (about IN ('seat', 'invitation', 'ticket')),
  subject    TEXT NOT NULL,              -- id of that
  sequence   INTEGER NOT NULL,           -- edition it tells of
  rcpt       TEXT NOT NULL,
  prio       INTEGER NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'dead', 'superseded', 'expired')),
  attempts   INTEGER NOT NULL DEFAULT 0, -- raised just before each
  next_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  epoch      INTEGER,                    -- of the writer that sends it
  lease_at   INTEGER,                    -- until then it is that writer's
  code       INTEGER NOT NULL DEFAULT 0, -- of the server's last answer
  err        TEXT NOT NULL DEFAULT '',
  bad        INTEGER NOT NULL DEFAULT 0, -- the address is no good
  created_at INTEGER NOT NULL,
  sent_at    INTEGER
) STRICT;
CREATE INDEX letter_due ON letter (prio, next_at) WHERE state = 'queued';
CREATE INDEX letter_open ON letter (subject, id) WHERE state IN ('queued', 'sending');
CREATE INDEX letter_lane ON letter (lane, id);
CREATE INDEX letter_room ON letter (room) WHERE room IS NOT NULL;
CREATE INDEX letter_subject ON letter (subject, created_at);
CREATE INDEX letter_held ON letter (epoch) WHERE state = 'sending';
CREATE INDEX letter_stale ON letter (expires_at) WHERE state = 'queued';

ALTER TABLE link ADD COLUMN subject TEXT NOT NULL DEFAULT ''; -- registration or invitation it is for
CREATE INDEX link_subject ON link (subject) WHERE subject <> '';

ALTER TABLE pass ADD COLUMN early INTEGER NOT NULL DEFAULT 0; -- waits for the start, not for an answer
ALTER TABLE call ADD COLUMN ends_after INTEGER NOT NULL DEFAULT 60000; -- ms of standing empty
ALTER TABLE pass ADD COLUMN registration TEXT REFERENCES registration ON DELETE SET NULL;
ALTER TABLE pass ADD COLUMN invitation TEXT REFERENCES invitation ON DELETE SET NULL;
CREATE INDEX pass_registration ON pass (registration) WHERE registration IS NOT NULL;
CREATE INDEX pass_invitation ON pass (invitation) WHERE invitation IS NOT NULL;

ALTER TABLE account ADD COLUMN feed INTEGER NOT NULL DEFAULT 0; -- generation of the calendar feed, 0 = none
