-- The hash with which a file outside every checksum database was first seen: a later one must be the same.
-- `seen_at` is microseconds since 1970. `after_loss`: made while it was known that earlier ones were lost.
CREATE TABLE pins (
    realm      TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    version    TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    h1         TEXT    NOT NULL,
    seen_at    INTEGER NOT NULL,
    upstream   TEXT    NOT NULL,
    after_loss INTEGER NOT NULL,
    PRIMARY KEY (realm, path, version, kind)
) WITHOUT ROWID;

-- Who this state is: the cache folder holds the same text, and so tells when this file was lost or is another.
-- `lost_since` is microseconds since 1970, and NULL while nothing was lost that the person does not know of.
CREATE TABLE first_sight (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    identity   TEXT    NOT NULL,
    lost_since INTEGER
);
INSERT INTO first_sight (id, identity, lost_since) VALUES (1, lower(hex(randomblob(16))), NULL);
