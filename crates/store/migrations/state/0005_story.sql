-- The story of a request. `micros` is what it took, as `millis` but finer. `steps` is what was done for it, a JSON text that
-- those who ask for the entry alone get; last, so that reading lists does not touch it.
ALTER TABLE activity ADD COLUMN micros INTEGER NOT NULL DEFAULT 0;
UPDATE activity SET micros = millis * 1000;
ALTER TABLE activity ADD COLUMN steps TEXT;

-- Under which source an entry counts: what could not be had is `failed`, whoever was asked; what is not there counts for who
-- said so, an upstream or what Larder remembered. NULL: it answered nobody (it made room, or the client left before).
ALTER TABLE activity ADD COLUMN counted_as TEXT GENERATED ALWAYS AS (
    CASE
        WHEN outcome = 'evicted' THEN NULL
        WHEN outcome IN ('failed', 'refused', 'unverified', 'missing') THEN 'failed'
        WHEN source <> 'none' THEN source
        WHEN outcome = 'not-found' AND upstream IS NULL THEN 'cache'
        WHEN outcome = 'not-found' THEN 'upstream'
    END
) VIRTUAL;

-- All that the sums of a day need, so that they are made from the index alone.
CREATE INDEX activity_counted ON activity (at, counted_as, background, times, bytes);

-- When there was no way to any upstream, in microseconds since 1970; `until` is NULL while it lasts.
CREATE TABLE offline_spans (
    since INTEGER PRIMARY KEY,
    until INTEGER
);
