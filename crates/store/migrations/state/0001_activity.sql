-- What was asked and what came of it. AUTOINCREMENT: a number, once given out, never comes back, so a feed can resume.
-- `at` is microseconds since 1970.
CREATE TABLE activity (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    module   TEXT,
    version  TEXT,
    kind     TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    upstream TEXT,
    bytes    INTEGER NOT NULL,
    millis   INTEGER NOT NULL,
    outcome  TEXT    NOT NULL,
    times    INTEGER NOT NULL,
    background INTEGER NOT NULL,
    detail   TEXT,
    path     TEXT    NOT NULL
);

-- Small lasting values, each a JSON text.
CREATE TABLE kept_values (
    key  TEXT PRIMARY KEY,
    json TEXT NOT NULL
) WITHOUT ROWID;
