-- What must stay when room is made: versions (`path@version`) and patterns, by who wants them ("person", "project:/path").
CREATE TABLE keeps (
    owner      TEXT    NOT NULL,
    is_pattern INTEGER NOT NULL,
    what       TEXT    NOT NULL,
    PRIMARY KEY (owner, is_pattern, what)
) WITHOUT ROWID;
