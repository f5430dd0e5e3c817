CREATE TABLE account (
  id             TEXT PRIMARY KEY,
  email          TEXT NOT NULL,
  email_key      TEXT NOT NULL UNIQUE,
  name           TEXT NOT NULL,
  password       TEXT NOT NULL, -- argon2id, PHC string
  admin          INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  deactivated_at INTEGER
, label TEXT NOT NULL DEFAULT '', headline TEXT NOT NULL DEFAULT '', colour INTEGER NOT NULL DEFAULT 0, image TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;

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
) STRICT, WITHOUT ROWID;

CREATE TABLE changed (
  seq   INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,
  at    INTEGER NOT NULL
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
) STRICT, WITHOUT ROWID;

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
  created_at INTEGER NOT NULL, headline TEXT NOT NULL DEFAULT '', colour INTEGER NOT NULL DEFAULT 0, image TEXT NOT NULL DEFAULT '', screen INTEGER NOT NULL DEFAULT 0, hand_at INTEGER, mutes INTEGER NOT NULL DEFAULT 0, denials INTEGER NOT NULL DEFAULT 0, denied_at INTEGER, decision TEXT NOT NULL DEFAULT '', decided_by TEXT NOT NULL DEFAULT '', decided_at INTEGER,
  UNIQUE (room, browser)
) STRICT, WITHOUT ROWID;

CREATE TABLE picture (
  hash       TEXT PRIMARY KEY, -- SHA-256 of bytes
  type       TEXT NOT NULL,
  bytes      BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

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

CREATE INDEX browser_account ON browser (account) WHERE account IS NOT NULL;

CREATE UNIQUE INDEX call_live ON call (room) WHERE ended_at IS NULL;

CREATE INDEX call_room ON call (room, started_at DESC);

CREATE UNIQUE INDEX line_rev ON line (call, rev);

CREATE INDEX link_room ON link (room);

CREATE INDEX once_at ON once (at);

CREATE INDEX pass_browser ON pass (browser);

CREATE INDEX pass_decided ON pass (decided_at) WHERE decided_at IS NOT NULL;

CREATE INDEX pass_here ON pass (room, since) WHERE gone = 0;

CREATE INDEX pass_kept ON pass (room) WHERE state = 'removed' OR denials > 0;

CREATE INDEX pass_knocks ON pass (room, since) WHERE state = 'waiting';

CREATE INDEX room_owner ON room (owner, last_used_at DESC, created_at DESC);

