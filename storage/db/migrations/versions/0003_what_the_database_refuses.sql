-- Run by the migration of the same name. The program checks all of this first and says it better;
-- what stands here holds when the program is wrong, or is not the program.

CREATE SEQUENCE access_request_number;

CREATE TABLE database_identity (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The trace only grows, without a gap, each event naming the digest of the one before.

ALTER TABLE audit_event ADD CONSTRAINT ck_audit_event_leaf
    CHECK (leaf = sha256('\x00'::bytea || body) AND octet_length(previous) = 32 AND seq > 0);

CREATE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the trace is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

CREATE FUNCTION follow_predecessor() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    expected bytea;
BEGIN
    IF NEW.seq = 1 THEN
        expected := decode(repeat('00', 32), 'hex');
    ELSE
        SELECT leaf INTO expected FROM audit_event WHERE stream = NEW.stream AND seq = NEW.seq - 1;
    END IF;
    IF expected IS DISTINCT FROM NEW.previous THEN
        RAISE EXCEPTION 'event % of % does not follow its predecessor', NEW.seq, NEW.stream
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER follows BEFORE INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION follow_predecessor();

-- A row with a state changes only under a new version; the deferred key (stream, version) then demands its event.

CREATE FUNCTION refuse_silent_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD) - TG_ARGV;
    after jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'rows of % are never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    after := to_jsonb(NEW) - TG_ARGV;
    IF before = after THEN
        RETURN NEW;
    END IF;
    IF NEW.stream = OLD.stream AND NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'a change of % without an event', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- Separation of duties: requester, investigators, approver and authorizers are different persons.

CREATE FUNCTION check_separation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    target uuid := coalesce(to_jsonb(NEW) ->> 'request_id', to_jsonb(NEW) ->> 'id')::uuid;
    request access_request%ROWTYPE;
BEGIN
    SELECT * INTO request FROM access_request WHERE id = target;
    IF request.state IN ('DRAFT', 'RETURNED', 'WITHDRAWN') THEN
        RETURN NULL;
    END IF;
    IF EXISTS (
        SELECT FROM request_person p
        WHERE p.request_id = target AND p.person_id IN (request.requester_id, request.approver_id)
    ) OR EXISTS (
        SELECT FROM request_item i
        WHERE i.request_id = target AND i.revision = request.revision AND i.authorizer_id IS NOT NULL
          AND (i.authorizer_id IN (request.requester_id, request.approver_id)
               OR EXISTS (SELECT FROM request_person p
                          WHERE p.request_id = target AND p.person_id = i.authorizer_id))
    ) THEN
        RAISE EXCEPTION 'one person in two offices of request %', request.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER separation AFTER INSERT OR UPDATE ON access_request
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_separation();
CREATE CONSTRAINT TRIGGER separation AFTER INSERT OR UPDATE ON request_person
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_separation();
CREATE CONSTRAINT TRIGGER separation AFTER INSERT OR UPDATE ON request_item
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_separation();

-- A grant needs both authorities for the current revision, and never goes beyond what they decided.

CREATE FUNCTION check_authority() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'ISSUED' AND NOT EXISTS (
        SELECT FROM request_item i JOIN access_request r ON r.id = i.request_id
        WHERE i.id = NEW.item_id AND r.id = NEW.request_id AND i.department_id = NEW.department_id
          AND i.state = 'AUTHORIZED' AND i.authorizer_id IS NOT NULL AND i.revision = r.revision
          AND r.approver_id IS NOT NULL AND r.state IN ('DEPARTMENT_REVIEW', 'DECIDED')
    ) THEN
        RAISE EXCEPTION 'a live grant without both authorities' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER authority AFTER INSERT OR UPDATE OF state, item_id, request_id, department_id ON access_grant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_authority();

CREATE FUNCTION check_no_orphan_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'AUTHORIZED' AND EXISTS (
        SELECT FROM access_grant g
        WHERE g.item_id = NEW.id AND g.state = 'ISSUED' AND g.valid_until > now()
    ) THEN
        RAISE EXCEPTION 'a live grant under a dead item' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER no_orphan_grant AFTER UPDATE OF state ON request_item
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_no_orphan_grant();

CREATE FUNCTION check_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM request_person p JOIN access_grant g ON g.request_id = p.request_id
        WHERE g.id = NEW.grant_id AND p.person_id = NEW.person_id
    ) THEN
        RAISE EXCEPTION 'a grant for somebody the request does not name' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER named AFTER INSERT OR UPDATE ON grant_person
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_named();

-- Lines are written with their item: once the item is decided they stay as they are.

CREATE FUNCTION refuse_late_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.item_id <> NEW.item_id OR OLD.camera_id <> NEW.camera_id
       OR OLD.asked_begin <> NEW.asked_begin OR OLD.asked_end <> NEW.asked_end
       OR (OLD.authorized_begin IS NOT NULL AND
           (OLD.authorized_begin, OLD.authorized_end) IS DISTINCT FROM (NEW.authorized_begin, NEW.authorized_end))
    THEN
        RAISE EXCEPTION 'a decided line is not rewritten' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER late_line BEFORE UPDATE OR DELETE ON request_line
    FOR EACH ROW EXECUTE FUNCTION refuse_late_line();

-- The role every program runs under: reads all, writes what it must, rewrites no trace, drops nothing.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'xueliang_app') THEN
        CREATE ROLE xueliang_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;  -- roles belong to the whole server; another database of it was set up at the same moment
END $$;

DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'xueliang_app', 'MEMBER') THEN
        EXECUTE format('GRANT xueliang_app TO %I', current_user);
    END IF;
END $$;

GRANT USAGE ON SCHEMA public TO xueliang_app;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO xueliang_app;
REVOKE INSERT ON database_identity, alembic_version FROM xueliang_app;
GRANT UPDATE ON department, person, role_assignment, api_token, source, camera, access_request, request_item,
    request_line, access_grant, retrieval, session, idempotency TO xueliang_app;
GRANT DELETE ON session, sign_in_failure, idempotency, request_person TO xueliang_app;
GRANT UPDATE, DELETE ON procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers,
    procrastinate_events TO xueliang_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO xueliang_app;
DO $$
BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO xueliang_app', current_database());
END $$;
