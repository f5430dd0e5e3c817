-- Entering, and being in the room: labels, looks, pictures, knocks, chat, hands.

-- Images that people sent, re-encoded. Everything that must survive lies in this file; a row nobody names is dropped.
CREATE TABLE picture (
  hash       TEXT PRIMARY KEY, -- SHA-256 of bytes
  type       TEXT NOT NULL,
  bytes      BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- The name label typed last: of an account, or of a guest's browser. Colour 0 = by id; image = a picture's hash.
ALTER TABLE account ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN headline TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN colour INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN image TEXT NOT NULL DEFAULT '';
ALTER TABLE browser ADD COLUMN headline TEXT NOT NULL DEFAULT '';
ALTER TABLE browser ADD COLUMN colour INTEGER NOT NULL DEFAULT 0;
ALTER TABLE browser ADD COLUMN image TEXT NOT NULL DEFAULT '';

-- How a room and its lobby look, and what one can do inside.
ALTER TABLE room ADD COLUMN colour INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN image TEXT NOT NULL DEFAULT ''; -- background, 1920 wide
ALTER TABLE room ADD COLUMN tile TEXT NOT NULL DEFAULT '';  -- the same, 480 wide
ALTER TABLE room ADD COLUMN chat INTEGER NOT NULL DEFAULT 1;
ALTER TABLE room ADD COLUMN reactions INTEGER NOT NULL DEFAULT 1;
ALTER TABLE room ADD COLUMN hands INTEGER NOT NULL DEFAULT 1;
ALTER TABLE room ADD COLUMN lobby_image TEXT NOT NULL DEFAULT '';
ALTER TABLE room ADD COLUMN lobby_title TEXT NOT NULL DEFAULT '';
ALTER TABLE room ADD COLUMN lobby_message TEXT NOT NULL DEFAULT '';

ALTER TABLE pass ADD COLUMN headline TEXT NOT NULL DEFAULT '';
ALTER TABLE pass ADD COLUMN colour INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pass ADD COLUMN image TEXT NOT NULL DEFAULT '';
ALTER TABLE pass ADD COLUMN screen INTEGER NOT NULL DEFAULT 0;  -- shares it, as the person says
ALTER TABLE pass ADD COLUMN hand_at INTEGER;                    -- raised since
ALTER TABLE pass ADD COLUMN mutes INTEGER NOT NULL DEFAULT 0;   -- how often a host muted this one: a browser that sees it grow mutes itself
ALTER TABLE pass ADD COLUMN denials INTEGER NOT NULL DEFAULT 0; -- since a host last let this one in or allowed it back
ALTER TABLE pass ADD COLUMN denied_at INTEGER;
ALTER TABLE pass ADD COLUMN decision TEXT NOT NULL DEFAULT '';  -- 'admitted' or 'denied', while the other hosts should read it
ALTER TABLE pass ADD COLUMN decided_by TEXT NOT NULL DEFAULT '';
ALTER TABLE pass ADD COLUMN decided_at INTEGER;
CREATE INDEX pass_knocks ON pass (room, since) WHERE state = 'waiting';
CREATE INDEX pass_decided ON pass (decided_at) WHERE decided_at IS NOT NULL;
CREATE INDEX pass_kept ON pass (room) WHERE state = 'removed' OR denials > 0;

-- What was said in a call. Lines are numbered within it; rev grows with every line and every deletion.
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
CREATE UNIQUE INDEX line_rev ON line (call, rev);
