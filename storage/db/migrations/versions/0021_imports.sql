-- Run by the migration of the same name.

CREATE TABLE import_profile (
    id uuid CONSTRAINT pk_import_profile PRIMARY KEY,
    name text NOT NULL CONSTRAINT uq_import_profile_name UNIQUE,
    mapping jsonb NOT NULL,
    headings text[] NOT NULL,
    coordinates text NOT NULL,
    retired boolean NOT NULL DEFAULT false,
    stream text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_import_profile_coordinates CHECK (coordinates IN ('wgs84', 'gcj02', 'bd09')),
    CONSTRAINT ck_import_profile_mapping CHECK (jsonb_typeof(mapping) = 'object'),
    CONSTRAINT fk_import_profile_stream_version FOREIGN KEY (stream, version) REFERENCES audit_event (stream, seq)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON import_profile
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change();

CREATE TABLE catalog_import (
    id uuid CONSTRAINT pk_catalog_import PRIMARY KEY,
    owner_id uuid NOT NULL CONSTRAINT fk_catalog_import_owner_id REFERENCES department (id),
    state text NOT NULL,
    file text NOT NULL,
    format text NOT NULL,
    digest text,
    reading jsonb NOT NULL,
    dry_run boolean NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    ended_at timestamptz,
    attempt integer NOT NULL DEFAULT 0,
    total bigint,
    done bigint NOT NULL DEFAULT 0,
    read integer NOT NULL DEFAULT 0,
    inserted integer NOT NULL DEFAULT 0,
    updated integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    quarantined integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0,
    warnings integer NOT NULL DEFAULT 0,
    reasons jsonb NOT NULL DEFAULT '{}'::jsonb,
    error jsonb,
    written jsonb,
    stream text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_catalog_import_state CHECK (state IN ('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'UNDONE')),
    CONSTRAINT ck_catalog_import_ended CHECK ((state IN ('QUEUED', 'RUNNING')) = (ended_at IS NULL)),
    CONSTRAINT ck_catalog_import_error CHECK ((state = 'FAILED') = (error IS NOT NULL)),
    CONSTRAINT ck_catalog_import_balance
        CHECK (read = inserted + updated + unchanged + quarantined + rejected),
    CONSTRAINT ck_catalog_import_kept CHECK (state NOT IN ('QUEUED', 'RUNNING') OR digest IS NOT NULL),
    CONSTRAINT ck_catalog_import_undone CHECK (state <> 'UNDONE' OR NOT dry_run),
    CONSTRAINT fk_catalog_import_stream_version FOREIGN KEY (stream, version) REFERENCES audit_event (stream, seq)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_catalog_import_owner_id_id ON catalog_import (owner_id, id);
CREATE INDEX ix_catalog_import_open ON catalog_import (id) WHERE state IN ('QUEUED', 'RUNNING');
-- How far a run has come is no change of state.
CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON catalog_import
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change('done', 'total');

CREATE TABLE import_row (
    import_id uuid NOT NULL CONSTRAINT fk_import_row_import_id REFERENCES catalog_import (id),
    position integer NOT NULL,
    place text NOT NULL,
    fate text NOT NULL,
    cells jsonb,
    problems jsonb NOT NULL,
    CONSTRAINT pk_import_row PRIMARY KEY (import_id, position),
    CONSTRAINT ck_import_row_fate CHECK (fate IN ('quarantined', 'rejected', 'warned')),
    CONSTRAINT ck_import_row_only_quarantined CHECK (fate = 'quarantined' OR cells IS NULL)
);
CREATE INDEX ix_import_row_fate ON import_row (import_id, fate, position);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON import_row
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON import_row
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

ALTER TABLE camera
    ADD CONSTRAINT fk_camera_import_id FOREIGN KEY (import_id) REFERENCES catalog_import (id)
        DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX ix_camera_import_id ON camera (import_id) WHERE import_id IS NOT NULL;

-- What of one JSON object differs from another, also the keys that it lacks (as null): before and after of a history.

CREATE FUNCTION json_difference(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, one -> key), '{}'::jsonb)
    FROM jsonb_object_keys(one || other) AS key
    WHERE (one -> key) IS DISTINCT FROM (other -> key)
$$;

-- A camera is deleted in one case only: the import that brought it is undone, with its own event, in this transaction,
-- and the row is as that import wrote it. What anything refers to cannot be deleted, as foreign keys say.

DROP TRIGGER audited ON camera;
CREATE TRIGGER audited BEFORE UPDATE ON camera
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change('status', 'sought', 'changed');

CREATE FUNCTION refuse_to_delete_camera() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM catalog_import i
        WHERE i.id = OLD.import_id AND i.state = 'UNDONE' AND i.xmin = pg_current_xact_id()::xid
          AND OLD.stream = i.written ->> 'stream' AND OLD.version = (i.written ->> 'seq')::integer
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of camera are never deleted' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER undone_only BEFORE DELETE ON camera
    FOR EACH ROW EXECUTE FUNCTION refuse_to_delete_camera();

GRANT DELETE ON camera TO xueliang_app;
GRANT SELECT, INSERT, UPDATE ON import_profile, catalog_import TO xueliang_app;
GRANT SELECT, INSERT ON import_row TO xueliang_app;
