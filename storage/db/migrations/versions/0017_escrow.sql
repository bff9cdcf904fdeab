-- Run by the migration of the same name.

CREATE TABLE escrow (
    id uuid CONSTRAINT pk_escrow PRIMARY KEY,
    request_id uuid NOT NULL CONSTRAINT fk_escrow_request_id REFERENCES access_request (id),
    camera_id uuid NOT NULL CONSTRAINT fk_escrow_camera_id REFERENCES camera (id),
    source_id uuid NOT NULL CONSTRAINT fk_escrow_source_id REFERENCES source (id),
    span_begin timestamptz NOT NULL,
    span_end timestamptz NOT NULL,
    overwritten_at timestamptz NOT NULL,
    state text NOT NULL,
    attempt integer NOT NULL,
    copy jsonb,
    sealed_key bytea NOT NULL,
    reason text NOT NULL,
    made_at timestamptz NOT NULL,
    sealed_at timestamptz,
    ended_at timestamptz,
    stream text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_escrow_span CHECK (span_begin < span_end),
    CONSTRAINT ck_escrow_state CHECK (state IN ('SEALING', 'SEALED', 'RELEASED', 'DESTROYED', 'FAILED')),
    CONSTRAINT ck_escrow_key_only_while_sealed
        CHECK ((state IN ('SEALED', 'RELEASED')) = (octet_length(sealed_key) > 0)),
    CONSTRAINT ck_escrow_ended CHECK ((state IN ('DESTROYED', 'FAILED')) = (ended_at IS NOT NULL)),
    CONSTRAINT fk_escrow_stream_version FOREIGN KEY (stream, version)
        REFERENCES audit_event (stream, seq) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_escrow_request_id ON escrow (request_id);
CREATE INDEX ix_escrow_live ON escrow (request_id) WHERE state IN ('SEALING', 'SEALED', 'RELEASED');
CREATE INDEX ix_escrow_unerased ON escrow (id) WHERE state = 'DESTROYED' AND copy IS NOT NULL;

CREATE TABLE kept_original (
    id uuid CONSTRAINT pk_kept_original PRIMARY KEY,
    source_id uuid NOT NULL CONSTRAINT fk_kept_original_source_id REFERENCES source (id),
    channel text NOT NULL,
    span_begin timestamptz NOT NULL,
    span_end timestamptz NOT NULL,
    ahead double precision NOT NULL,
    copy jsonb,
    sealed_key bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT ck_kept_original_span CHECK (span_begin < span_end),
    CONSTRAINT ck_kept_original_whole_or_not_at_all CHECK ((copy IS NULL) = (octet_length(sealed_key) = 0))
);
CREATE INDEX ix_kept_original_source_id_channel ON kept_original (source_id, channel);
CREATE INDEX ix_kept_original_expires_at ON kept_original (expires_at);

-- What ended stays ended: a copy that lost its key never gets another one, and what it is a copy of never changes.

CREATE FUNCTION refuse_to_unseal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('DESTROYED', 'FAILED') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'a sealed copy that has ended stays ended' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('SEALED', 'RELEASED') AND NEW.state IN ('SEALED', 'RELEASED')
        AND OLD.copy IS DISTINCT FROM NEW.copy  -- its key may be sealed anew
    THEN
        RAISE EXCEPTION 'what is sealed stays as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER sealed BEFORE UPDATE ON escrow
    FOR EACH ROW EXECUTE FUNCTION refuse_to_unseal();
CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON escrow
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change();

GRANT SELECT, INSERT ON escrow TO xueliang_app;
GRANT UPDATE (state, attempt, copy, sealed_key, reason, sealed_at, ended_at, version) ON escrow TO xueliang_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON kept_original TO xueliang_app;
