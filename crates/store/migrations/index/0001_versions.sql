-- One row a version that some tree keeps: rebuilt from the files when lost.
-- `info`, `gomod` and `zip` are sizes in bytes, NULL where the file is not kept. Times are milliseconds since 1970.
CREATE TABLE versions (
    tree      TEXT    NOT NULL,
    path      TEXT    NOT NULL,
    version   TEXT    NOT NULL,
    info      INTEGER,
    gomod     INTEGER,
    zip       INTEGER,
    origin    TEXT    NOT NULL,
    kept_at   INTEGER NOT NULL,
    last_used INTEGER,
    scan      INTEGER NOT NULL,
    PRIMARY KEY (tree, path, version)
) WITHOUT ROWID;

CREATE INDEX incomplete ON versions (tree, path, version) WHERE info IS NULL OR gomod IS NULL;

-- `clean` is 1 only between a clean close and the next open. `scan` is the number of the last walk over the files.
CREATE TABLE care (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    clean INTEGER NOT NULL,
    scan  INTEGER NOT NULL
);
INSERT INTO care (id, clean, scan) VALUES (1, 0, 0);
