-- Run by the migration of the same name. A migration cannot have the key: options that are secret and stand in the
-- open are used as they are until somebody edits the source or calls `xueliang source reseal`.

ALTER TABLE source
    ADD COLUMN secrets text[] NOT NULL DEFAULT '{}'::text[],
    ADD COLUMN sealed bytea NOT NULL DEFAULT ''::bytea,
    ADD COLUMN stopped boolean NOT NULL DEFAULT false,
    ADD COLUMN keeps_days smallint,
    ADD CONSTRAINT ck_source_sealed_whole CHECK ((cardinality(secrets) = 0) = (octet_length(sealed) = 0)),
    ADD CONSTRAINT ck_source_keeps_days CHECK (keeps_days BETWEEN 1 AND 3660);

CREATE TABLE source_health (
    id bigserial CONSTRAINT pk_source_health PRIMARY KEY,
    source_id uuid NOT NULL CONSTRAINT fk_source_health_source_id REFERENCES source (id),
    state text NOT NULL CONSTRAINT ck_source_health_state CHECK (state IN ('online', 'faulty', 'offline')),
    since timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    until timestamptz,
    detail text NOT NULL DEFAULT '',
    CONSTRAINT ck_source_health_in_order CHECK (since <= seen_at AND (until IS NULL OR seen_at <= until))
);
CREATE UNIQUE INDEX ix_source_health_source_id ON source_health (source_id) WHERE until IS NULL;
CREATE INDEX ix_source_health_source_id_since ON source_health (source_id, since);

CREATE TABLE source_watch (
    source_id uuid CONSTRAINT pk_source_watch PRIMARY KEY
        CONSTRAINT fk_source_watch_source_id REFERENCES source (id),
    next_at timestamptz NOT NULL,
    failures smallint NOT NULL
);
CREATE INDEX ix_source_watch_next_at ON source_watch (next_at);

CREATE TABLE source_clock (
    id bigserial CONSTRAINT pk_source_clock PRIMARY KEY,
    source_id uuid NOT NULL CONSTRAINT fk_source_clock_source_id REFERENCES source (id),
    at timestamptz NOT NULL,
    seconds double precision NOT NULL,
    by text NOT NULL,
    actor text NOT NULL,
    reference text NOT NULL DEFAULT '',
    shown timestamptz,
    CONSTRAINT ck_source_clock_seen_by_hand
        CHECK ((by = 'hand') = (reference ~ '^[0-9a-f]{64}$' AND shown IS NOT NULL))
);
CREATE INDEX ix_source_clock_source_id_at ON source_clock (source_id, at);

CREATE TABLE recording_answer (
    id bigserial CONSTRAINT pk_recording_answer PRIMARY KEY,
    camera_id uuid NOT NULL CONSTRAINT fk_recording_answer_camera_id REFERENCES camera (id),
    source_id uuid NOT NULL CONSTRAINT fk_recording_answer_source_id REFERENCES source (id),
    channel text NOT NULL,
    span_begin timestamptz NOT NULL,
    span_end timestamptz NOT NULL,
    begins timestamptz[] NOT NULL,
    ends timestamptz[] NOT NULL,
    asked_at timestamptz NOT NULL,
    CONSTRAINT ck_recording_answer_spans
        CHECK (span_begin < span_end AND cardinality(begins) = cardinality(ends))
);
CREATE INDEX ix_recording_answer_camera_id_span_end ON recording_answer (camera_id, span_end);
CREATE INDEX ix_recording_answer_asked_at ON recording_answer (asked_at);

-- What was seen of a source, and how far its clock was off, is said in court: what has ended stays as it was.

CREATE TRIGGER append_only BEFORE UPDATE ON source_health
    FOR EACH ROW WHEN (OLD.until IS NOT NULL) EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER never_deleted BEFORE DELETE ON source_health
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON source_clock
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON source_clock
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

GRANT SELECT, INSERT ON source_health, source_clock TO xueliang_app;
GRANT UPDATE (seen_at, until, detail) ON source_health TO xueliang_app;
GRANT SELECT, INSERT, UPDATE ON source_watch TO xueliang_app;
GRANT SELECT, INSERT, DELETE ON recording_answer TO xueliang_app;
GRANT USAGE, SELECT ON SEQUENCE source_health_id_seq, source_clock_id_seq, recording_answer_id_seq TO xueliang_app;
