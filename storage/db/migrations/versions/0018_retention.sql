-- Run by the migration of the same name.

ALTER TABLE retrieval
    ADD COLUMN purged_at timestamptz,
    ADD CONSTRAINT ck_retrieval_purged_at_some_time CHECK ((state = 'PURGED') = (purged_at IS NOT NULL));
ALTER TABLE evidence_package
    ADD COLUMN purged_at timestamptz,
    ADD CONSTRAINT ck_evidence_package_purged_at_some_time CHECK ((state = 'PURGED') = (purged_at IS NOT NULL));
ALTER TABLE attachment
    ADD COLUMN purged_at timestamptz,
    ADD CONSTRAINT ck_attachment_purged_once_removed CHECK (purged_at IS NULL OR removed_at IS NOT NULL);
CREATE INDEX ix_retrieval_kept ON retrieval (grant_id) WHERE purged_at IS NULL;
CREATE INDEX ix_retrieval_evidence ON retrieval USING gin (evidence jsonb_path_ops);
CREATE INDEX ix_evidence_package_digest ON evidence_package ((contents ->> 'digest'));
GRANT UPDATE (purged_at) ON evidence_package TO xueliang_app;

CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON copy_hold
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change();
GRANT SELECT, INSERT ON copy_hold TO xueliang_app;
GRANT UPDATE (ended_by, ended_at, stream, version) ON copy_hold TO xueliang_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON blob_deletion TO xueliang_app;

-- A hold wins over every clock, and what is gone does not come back.

CREATE FUNCTION refuse_purge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'PURGED' AND NEW.state <> 'PURGED' THEN
        RAISE EXCEPTION 'a copy that was deleted does not come back' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'PURGED' AND OLD.state <> 'PURGED' AND (OLD.held <> '' OR EXISTS (
        SELECT FROM access_grant g JOIN copy_hold h ON h.request_id = g.request_id
        WHERE g.id = NEW.grant_id AND h.ended_at IS NULL AND (
            h.retrieval_id IS NULL OR h.retrieval_id = NEW.id OR EXISTS (
                SELECT FROM package_retrieval p WHERE p.package_id = NEW.id AND p.retrieval_id = h.retrieval_id)))) THEN
        RAISE EXCEPTION 'a copy that is held is not deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER purge BEFORE UPDATE ON retrieval FOR EACH ROW EXECUTE FUNCTION refuse_purge();
CREATE TRIGGER purge BEFORE UPDATE ON evidence_package FOR EACH ROW EXECUTE FUNCTION refuse_purge();

-- The bytes of a paper that was taken back may go whatever became of its request; nothing else of it changes.

CREATE OR REPLACE FUNCTION refuse_late_paper() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.id, OLD.request_id, OLD.name, OLD.media_type, OLD.size, OLD.digest, OLD.uploaded_by,
        OLD.at, OLD.stream) IS DISTINCT FROM (NEW.id, NEW.request_id, NEW.name, NEW.media_type, NEW.size, NEW.digest,
        NEW.uploaded_by, NEW.at, NEW.stream)
    THEN
        RAISE EXCEPTION 'a paper is taken back once and never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.removed_at IS NOT NULL THEN
        IF OLD.removed_at IS DISTINCT FROM NEW.removed_at OR OLD.purged_at IS NOT NULL OR NEW.purged_at IS NULL THEN
            RAISE EXCEPTION 'a paper is taken back once and never changed' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.purged_at IS NOT NULL OR (TG_OP = 'UPDATE' AND NEW.removed_at IS NULL) THEN
        RAISE EXCEPTION 'a paper is taken back once and never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM access_request r WHERE r.id = NEW.request_id AND r.state IN ('DRAFT', 'RETURNED')
    ) THEN
        RAISE EXCEPTION 'the papers of a request that was handed in stay as they are'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
