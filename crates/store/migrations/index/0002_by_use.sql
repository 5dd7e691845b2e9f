-- When the newest of a version's files was kept, in milliseconds since 1970: one that came a moment ago is in use. Rows from
-- before learn it at their next look. The order in which versions go when room is made is that of the index.
ALTER TABLE versions ADD COLUMN newest_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX by_use ON versions (max(kept_at, newest_at, coalesce(last_used, 0)));
