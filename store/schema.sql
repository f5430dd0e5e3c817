CREATE TABLE account (
  id             TEXT PRIMARY KEY,
  email          TEXT NOT NULL,
  email_key      TEXT NOT NULL UNIQUE,
  name           TEXT NOT NULL,
  password       TEXT NOT NULL, -- argon2id, PHC string
  admin          INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  deactivated_at INTEGER
, label TEXT NOT NULL DEFAULT '', headline TEXT NOT NULL DEFAULT '', colour INTEGER NOT NULL DEFAULT 0, image TEXT NOT NULL DEFAULT '', feed INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;

CREATE TABLE answer (
  registration TEXT NOT NULL REFERENCES registration ON DELETE CASCADE,
  field        TEXT NOT NULL REFERENCES field ON DELETE CASCADE,
  text         TEXT NOT NULL,
  PRIMARY KEY (registration, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE attendance (
  call       TEXT NOT NULL REFERENCES call ON DELETE CASCADE,
  pass       TEXT NOT NULL,
  name       TEXT NOT NULL,
  role       TEXT NOT NULL,
  entered_at INTEGER NOT NULL,
  left_at    INTEGER,
  PRIMARY KEY (call, pass, entered_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE browser (
  id           TEXT PRIMARY KEY,
  token        BLOB NOT NULL UNIQUE,
  account      TEXT REFERENCES account ON DELETE SET NULL,
  signed_in_at INTEGER,
  name         TEXT NOT NULL DEFAULT '', -- the display name typed last
  created_at   INTEGER NOT NULL
, headline TEXT NOT NULL DEFAULT '', colour INTEGER NOT NULL DEFAULT 0, image TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;

CREATE TABLE call (
  id         TEXT PRIMARY KEY,
  room       TEXT NOT NULL REFERENCES room ON DELETE CASCADE,
  room_name  TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  empty_at   INTEGER, -- nobody inside since
  ended_at   INTEGER
, ends_after INTEGER NOT NULL DEFAULT 60000) STRICT, WITHOUT ROWID;

CREATE TABLE changed (
  seq   INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,
  at    INTEGER NOT NULL
) STRICT;

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

CREATE TABLE line (
  call       TEXT NOT NULL REFERENCES call ON DELETE CASCADE,
  n          INTEGER NOT NULL,
  rev        INTEGER NOT NULL,
  pass       TEXT NOT NULL,
  name       TEXT NOT NULL,
  text       TEXT NOT NULL, -- '' once deleted
  at         INTEGER NOT NULL,
  deleted_at INTEGER,
  PRIMARY KEY (call, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE link (
  token      BLOB PRIMARY KEY,
  kind       TEXT NOT NULL,
  room       TEXT NOT NULL REFERENCES room ON DELETE CASCADE,
  generation INTEGER NOT NULL
, subject TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;

CREATE TABLE node (
  only  INTEGER PRIMARY KEY CHECK (only = 1),
  epoch INTEGER NOT NULL
) STRICT;

CREATE TABLE once (
  browser BLOB NOT NULL, -- SHA-256 of the cookie's token
  verb    TEXT NOT NULL,
  key     TEXT NOT NULL,
  body    BLOB NOT NULL, -- SHA-256 of the input
  outcome TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (browser, verb, key, body)
) STRICT, WITHOUT ROWID;

CREATE TABLE pass (
  id         TEXT PRIMARY KEY,
  room       TEXT NOT NULL REFERENCES room ON DELETE CASCADE,
  browser    TEXT NOT NULL REFERENCES browser ON DELETE CASCADE,
  account    TEXT REFERENCES account ON DELETE SET NULL,
  name       TEXT NOT NULL,
  role       TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('waiting', 'in', 'out', 'removed')),
  on_stage   INTEGER NOT NULL,
  mic        INTEGER NOT NULL DEFAULT 0,
  camera     INTEGER NOT NULL DEFAULT 0,
  since      INTEGER NOT NULL,           -- in this state since
  closed_at  INTEGER,                    -- no stream open since; NULL while one is
  gone       INTEGER NOT NULL DEFAULT 0, -- no rights, no media: 1 = too long away, comes back with its stream; 2 = left
  created_at INTEGER NOT NULL, headline TEXT NOT NULL DEFAULT '', colour INTEGER NOT NULL DEFAULT 0, image TEXT NOT NULL DEFAULT '', screen INTEGER NOT NULL DEFAULT 0, hand_at INTEGER, mutes INTEGER NOT NULL DEFAULT 0, denials INTEGER NOT NULL DEFAULT 0, denied_at INTEGER, decision TEXT NOT NULL DEFAULT '', decided_by TEXT NOT NULL DEFAULT '', decided_at INTEGER, early INTEGER NOT NULL DEFAULT 0, registration TEXT REFERENCES registration ON DELETE SET NULL, invitation TEXT REFERENCES invitation ON DELETE SET NULL,
  UNIQUE (room, browser)
) STRICT, WITHOUT ROWID;

CREATE TABLE picture (
  hash       TEXT PRIMARY KEY, -- SHA-256 of bytes
  type       TEXT NOT NULL,
  bytes      BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

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

CREATE TABLE room (
  id           TEXT PRIMARY KEY,
  owner        TEXT NOT NULL REFERENCES account,
  kind         TEXT NOT NULL CHECK (kind IN ('room', 'event')),
  name         TEXT NOT NULL,
  slug         TEXT NOT NULL UNIQUE,
  theme        TEXT NOT NULL,
  locked       INTEGER NOT NULL DEFAULT 0,
  host_link    INTEGER NOT NULL DEFAULT 1, -- generation
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER
, colour INTEGER NOT NULL DEFAULT 0, image TEXT NOT NULL DEFAULT '', tile TEXT NOT NULL DEFAULT '', chat INTEGER NOT NULL DEFAULT 1, reactions INTEGER NOT NULL DEFAULT 1, hands INTEGER NOT NULL DEFAULT 1, lobby_image TEXT NOT NULL DEFAULT '', lobby_title TEXT NOT NULL DEFAULT '', lobby_message TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;

CREATE TABLE setup (
  only  INTEGER PRIMARY KEY CHECK (only = 1),
  token BLOB NOT NULL
) STRICT;

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

CREATE INDEX browser_account ON browser (account) WHERE account IS NOT NULL;

CREATE UNIQUE INDEX call_live ON call (room) WHERE ended_at IS NULL;

CREATE INDEX call_room ON call (room, started_at DESC);

CREATE INDEX event_due ON event (starts_at) WHERE started_at IS NULL AND cancelled_at IS NULL;

CREATE INDEX field_room ON field (room, place);

CREATE INDEX letter_due ON letter (prio, next_at) WHERE state = 'queued';

CREATE INDEX letter_held ON letter (epoch) WHERE state = 'sending';

CREATE INDEX letter_lane ON letter (lane, id);

CREATE INDEX letter_open ON letter (subject, id) WHERE state IN ('queued', 'sending');

CREATE INDEX letter_room ON letter (room) WHERE room IS NOT NULL;

CREATE INDEX letter_stale ON letter (expires_at) WHERE state = 'queued';

CREATE INDEX letter_subject ON letter (subject, created_at);

CREATE UNIQUE INDEX line_rev ON line (call, rev);

CREATE INDEX link_room ON link (room);

CREATE INDEX link_subject ON link (subject) WHERE subject <> '';

CREATE INDEX once_at ON once (at);

CREATE INDEX pass_browser ON pass (browser);

CREATE INDEX pass_decided ON pass (decided_at) WHERE decided_at IS NOT NULL;

CREATE INDEX pass_here ON pass (room, since) WHERE gone = 0;

CREATE INDEX pass_invitation ON pass (invitation) WHERE invitation IS NOT NULL;

CREATE INDEX pass_kept ON pass (room) WHERE state = 'removed' OR denials > 0;

CREATE INDEX pass_knocks ON pass (room, since) WHERE state = 'waiting';

CREATE INDEX pass_registration ON pass (registration) WHERE registration IS NOT NULL;

CREATE INDEX registration_room ON registration (room, state, created_at);

CREATE INDEX room_owner ON room (owner, last_used_at DESC, created_at DESC);

