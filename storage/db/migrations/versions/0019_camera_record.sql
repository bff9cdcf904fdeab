-- Run by the migration of the same name.

ALTER TABLE camera
    ADD COLUMN record jsonb NOT NULL DEFAULT '{}'::jsonb,
    ADD COLUMN edition text,
    ADD COLUMN status text NOT NULL DEFAULT 'unknown',
    ADD COLUMN lifecycle text NOT NULL DEFAULT 'in_use',
    ADD COLUMN visibility text NOT NULL DEFAULT 'shared',
    ADD COLUMN shown_to uuid[] NOT NULL DEFAULT '{}'::uuid[],
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}'::text[],
    ADD COLUMN custom jsonb NOT NULL DEFAULT '{}'::jsonb,
    ADD COLUMN picture text,
    ADD COLUMN import_id uuid,
    ADD COLUMN sought text NOT NULL DEFAULT '',
    ADD COLUMN changed xid8 NOT NULL DEFAULT pg_current_xact_id(),
    ADD CONSTRAINT ck_camera_record CHECK (jsonb_typeof(record) = 'object' AND jsonb_typeof(custom) = 'object'),
    ADD CONSTRAINT ck_camera_edition CHECK (edition IN ('2016', '2022')),
    ADD CONSTRAINT ck_camera_status CHECK (status IN ('on', 'off', 'unknown')),
    ADD CONSTRAINT ck_camera_lifecycle CHECK (lifecycle IN ('in_use', 'repair', 'removed')),
    ADD CONSTRAINT ck_camera_visibility CHECK (visibility IN ('shared', 'listed', 'internal')),
    ADD CONSTRAINT ck_camera_shown_to CHECK (visibility = 'listed' OR cardinality(shown_to) = 0),
    ADD CONSTRAINT ck_camera_picture CHECK (picture ~ '^[0-9a-f]{64}$');
CREATE INDEX ix_camera_changed ON camera (changed);
CREATE INDEX ix_camera_source_id ON camera (source_id, channel) WHERE source_id IS NOT NULL;
CREATE INDEX ix_camera_picture ON camera (picture) WHERE picture IS NOT NULL;

-- Who follows the catalogue asks for what changed since the oldest transaction that was running at the last look.

CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed := pg_current_xact_id();
    RETURN NEW;
END $$;

CREATE TRIGGER changes BEFORE UPDATE ON camera FOR EACH ROW EXECUTE FUNCTION note_change();

-- What a watch sees, and what is derived from other columns, changes without an event.

DROP TRIGGER audited ON camera;
CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON camera
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change('status', 'sought', 'changed');

CREATE TABLE camera_history (
    id bigserial CONSTRAINT pk_camera_history PRIMARY KEY,
    camera_id uuid NOT NULL CONSTRAINT fk_camera_history_camera_id REFERENCES camera (id),
    stream text NOT NULL,
    seq integer NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    CONSTRAINT ck_camera_history_objects CHECK (jsonb_typeof(before) = 'object' AND jsonb_typeof(after) = 'object'),
    CONSTRAINT fk_camera_history_stream_seq FOREIGN KEY (stream, seq) REFERENCES audit_event (stream, seq)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_camera_history_camera_id_id ON camera_history (camera_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON camera_history
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON camera_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

CREATE TABLE camera_field (
    key text CONSTRAINT pk_camera_field PRIMARY KEY,
    zh text NOT NULL,
    en text NOT NULL,
    kind text NOT NULL,
    allowed jsonb NOT NULL DEFAULT '[]'::jsonb,
    mandatory boolean NOT NULL DEFAULT false,
    retired boolean NOT NULL DEFAULT false,
    stream text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_camera_field_key CHECK (key ~ '^[a-z][a-z0-9_]{0,39}$'),
    CONSTRAINT ck_camera_field_kind
        CHECK (kind IN ('code', 'codes', 'integer', 'number', 'text', 'instant', 'flag')),
    CONSTRAINT ck_camera_field_allowed CHECK (jsonb_typeof(allowed) = 'array'
        AND (kind IN ('code', 'codes')) = (jsonb_array_length(allowed) > 0)),
    CONSTRAINT fk_camera_field_stream_version FOREIGN KEY (stream, version) REFERENCES audit_event (stream, seq)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON camera_field
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change();

-- What a source lists beside what the catalogue holds: a proposal, and what was decided about each line of it.

CREATE TABLE source_reconciliation (
    id uuid CONSTRAINT pk_source_reconciliation PRIMARY KEY,
    source_id uuid NOT NULL CONSTRAINT fk_source_reconciliation_source_id REFERENCES source (id),
    state text NOT NULL,
    listed integer NOT NULL,
    same integer NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    stream text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_source_reconciliation_state CHECK (state IN ('OPEN', 'DONE', 'REPLACED')),
    CONSTRAINT ck_source_reconciliation_counts CHECK (same BETWEEN 0 AND listed),
    CONSTRAINT fk_source_reconciliation_stream_version FOREIGN KEY (stream, version)
        REFERENCES audit_event (stream, seq) DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX ix_source_reconciliation_open ON source_reconciliation (source_id) WHERE state = 'OPEN';
CREATE INDEX ix_source_reconciliation_source_id_id ON source_reconciliation (source_id, id);
CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON source_reconciliation
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change();

CREATE TABLE source_reconciliation_line (
    reconciliation_id uuid NOT NULL CONSTRAINT fk_source_reconciliation_line_reconciliation_id
        REFERENCES source_reconciliation (id),
    position integer NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL,
    camera_id uuid CONSTRAINT fk_source_reconciliation_line_camera_id REFERENCES camera (id),
    held jsonb NOT NULL,
    told jsonb NOT NULL,
    state text NOT NULL DEFAULT 'OPEN',
    decided_by text,
    decided_at timestamptz,
    CONSTRAINT pk_source_reconciliation_line PRIMARY KEY (reconciliation_id, position),
    CONSTRAINT ck_source_reconciliation_line_kind CHECK (kind IN ('new', 'changed', 'gone', 'reparented')),
    CONSTRAINT ck_source_reconciliation_line_known CHECK (kind = 'new' OR camera_id IS NOT NULL),
    CONSTRAINT ck_source_reconciliation_line_state CHECK (state IN ('OPEN', 'ACCEPTED', 'REFUSED')),
    CONSTRAINT ck_source_reconciliation_line_decided
        CHECK ((state = 'OPEN') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL))
);
CREATE INDEX ix_source_reconciliation_line_open ON source_reconciliation_line (reconciliation_id, position)
    WHERE state = 'OPEN';
CREATE INDEX ix_source_reconciliation_line_camera_id ON source_reconciliation_line (camera_id);

-- A decision about a line is taken once, and what was proposed stays as it was.

CREATE FUNCTION refuse_second_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'OPEN' OR
        (to_jsonb(OLD) - '{state,decided_by,decided_at,camera_id}'::text[])
        <> (to_jsonb(NEW) - '{state,decided_by,decided_at,camera_id}'::text[])
    THEN
        RAISE EXCEPTION 'a line is decided once and never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER reviewed_once BEFORE UPDATE OR DELETE ON source_reconciliation_line
    FOR EACH ROW EXECUTE FUNCTION refuse_second_review();

GRANT SELECT, INSERT ON camera_history TO xueliang_app;
GRANT USAGE, SELECT ON SEQUENCE camera_history_id_seq TO xueliang_app;
GRANT SELECT, INSERT, UPDATE ON camera_field TO xueliang_app;
GRANT SELECT, INSERT ON source_reconciliation, source_reconciliation_line TO xueliang_app;
GRANT UPDATE (state, stream, version) ON source_reconciliation TO xueliang_app;
GRANT UPDATE (state, decided_by, decided_at, camera_id) ON source_reconciliation_line TO xueliang_app;
