-- What was asked for while offline and was not there: it waits until there is a network again. Times are microseconds.
CREATE TABLE missed (
    path     TEXT    NOT NULL PRIMARY KEY,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    times    INTEGER NOT NULL
) WITHOUT ROWID;
