-- Run by the migration of the same name.

ALTER TABLE camera ADD COLUMN sensitive boolean NOT NULL DEFAULT false;

-- What a request and its parts have to carry for the whole workflow. Rows of before get what was true of them.

ALTER TABLE access_request
    ADD COLUMN matter text NOT NULL DEFAULT 'other',
    ADD COLUMN place jsonb,
    ADD COLUMN emergency boolean NOT NULL DEFAULT false,
    ADD COLUMN renews uuid CONSTRAINT fk_access_request_renews REFERENCES access_grant (id),
    ADD COLUMN rulebook integer NOT NULL DEFAULT 0,
    ADD COLUMN escalated_to uuid CONSTRAINT fk_access_request_escalated_to REFERENCES department (id),
    ADD COLUMN center_approvals smallint NOT NULL DEFAULT 1,
    ADD COLUMN endorser_id uuid CONSTRAINT fk_access_request_endorser_id REFERENCES person (id),
    ADD COLUMN deciders uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN remarks jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN report text NOT NULL DEFAULT '',
    ADD COLUMN submitted_at timestamptz,
    ADD COLUMN since timestamptz,
    ADD COLUMN due timestamptz,
    DROP CONSTRAINT ck_access_request_center_known,
    DROP CONSTRAINT ck_access_request_approved_by_somebody;

ALTER TABLE request_item
    ADD COLUMN route text NOT NULL DEFAULT 'default',
    ADD COLUMN authorizations smallint NOT NULL DEFAULT 1,
    ADD COLUMN due timestamptz,
    ADD COLUMN endorser_id uuid CONSTRAINT fk_request_item_endorser_id REFERENCES person (id),
    ADD COLUMN deciders uuid[] NOT NULL DEFAULT '{}',
    DROP CONSTRAINT ck_request_item_authorized_by_somebody;

ALTER TABLE access_request DISABLE TRIGGER USER;
ALTER TABLE request_item DISABLE TRIGGER USER;
UPDATE access_request SET deciders = ARRAY[approver_id] WHERE approver_id IS NOT NULL;
UPDATE request_item SET deciders = ARRAY[authorizer_id] WHERE authorizer_id IS NOT NULL;
ALTER TABLE access_request ENABLE TRIGGER USER;
ALTER TABLE request_item ENABLE TRIGGER USER;

ALTER TABLE access_request
    ALTER COLUMN matter DROP DEFAULT, ALTER COLUMN emergency DROP DEFAULT, ALTER COLUMN rulebook DROP DEFAULT,
    ALTER COLUMN center_approvals DROP DEFAULT, ALTER COLUMN deciders DROP DEFAULT, ALTER COLUMN remarks DROP DEFAULT,
    ADD CONSTRAINT ck_access_request_approver_decides CHECK (approver_id IS NULL OR approver_id = ANY (deciders)),
    ADD CONSTRAINT ck_access_request_center_approvals CHECK (center_approvals BETWEEN 0 AND 2),
    ADD CONSTRAINT ck_access_request_center_known
        CHECK (state IN ('DRAFT', 'WITHDRAWN', 'LAPSED') OR center_approvals = 0 OR center_id IS NOT NULL),
    ADD CONSTRAINT ck_access_request_approved_by_somebody CHECK (
        state NOT IN ('DEPARTMENT_REVIEW', 'DECIDED', 'CLOSED') OR (approved_terms IS NOT NULL
        AND (center_approvals = 0 OR approver_id IS NOT NULL) AND (center_approvals < 2 OR endorser_id IS NOT NULL))),
    ADD CONSTRAINT ck_access_request_emergency_ends CHECK (state <> 'EMERGENCY' OR (emergency AND due IS NOT NULL));

ALTER TABLE request_item
    ALTER COLUMN route DROP DEFAULT, ALTER COLUMN authorizations DROP DEFAULT, ALTER COLUMN deciders DROP DEFAULT,
    ADD CONSTRAINT ck_request_item_authorized_by_somebody CHECK (
        state <> 'AUTHORIZED' OR (authorizer_id IS NOT NULL AND (authorizations < 2 OR endorser_id IS NOT NULL))),
    ADD CONSTRAINT ck_request_item_authorizations CHECK (authorizations BETWEEN 1 AND 2),
    ADD CONSTRAINT ck_request_item_authorizer_decides CHECK (authorizer_id IS NULL OR authorizer_id = ANY (deciders));

CREATE INDEX ix_access_request_due ON access_request (due) WHERE due IS NOT NULL;
CREATE INDEX ix_access_request_case_number ON access_request (case_number);
CREATE UNIQUE INDEX uq_access_request_open_renewal ON access_request (renews)
    WHERE state IN ('DRAFT', 'CENTER_REVIEW', 'DEPARTMENT_REVIEW', 'RETURNED');
CREATE INDEX ix_access_request_department_id_submitted_at ON access_request (department_id, submitted_at)
    WHERE submitted_at IS NOT NULL;
CREATE INDEX ix_request_item_due ON request_item (due) WHERE due IS NOT NULL AND state = 'PENDING';

-- A camera may come back to a department that has decided its part already: only what still waits is one of its kind.
ALTER TABLE request_item DROP CONSTRAINT uq_request_item_request_id_revision_department_id;
CREATE INDEX ix_request_item_request_id_revision ON request_item (request_id, revision);
CREATE UNIQUE INDEX uq_request_item_open_part ON request_item (request_id, revision, department_id)
    WHERE state IN ('PENDING', 'PROVISIONAL');

ALTER TABLE request_line
    ADD COLUMN endorsed_begin timestamptz,
    ADD COLUMN endorsed_end timestamptz,
    ADD CONSTRAINT ck_request_line_endorsed_whole CHECK ((endorsed_begin IS NULL) = (endorsed_end IS NULL));

ALTER TABLE access_grant
    ADD COLUMN emergency boolean NOT NULL DEFAULT false,
    ADD COLUMN renews uuid CONSTRAINT fk_access_grant_renews REFERENCES access_grant (id),
    ADD COLUMN suspended_by smallint,
    ADD CONSTRAINT ck_access_grant_suspended_by_somebody
        CHECK ((state = 'SUSPENDED') = (suspended_by IS NOT NULL));
ALTER TABLE access_grant ALTER COLUMN emergency DROP DEFAULT;

ALTER TABLE retrieval ADD COLUMN held text NOT NULL DEFAULT '';

CREATE TABLE rulebook (
    version integer CONSTRAINT pk_rulebook PRIMARY KEY CONSTRAINT ck_rulebook_version CHECK (version > 0),
    document jsonb NOT NULL,
    comment text NOT NULL DEFAULT '',
    made_by text NOT NULL,
    at timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON rulebook FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
GRANT SELECT, INSERT ON rulebook TO xueliang_app;

-- Separation of duties, everybody counted who had a part: who acted and for whom. Requester, investigators, the
-- center's deciders and the owners' deciders are disjoint. In an emergency one person asks and looks.

CREATE OR REPLACE FUNCTION check_separation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    target uuid := coalesce(to_jsonb(NEW) ->> 'request_id', to_jsonb(NEW) ->> 'id')::uuid;
    request access_request%ROWTYPE;
    parties uuid[];
BEGIN
    SELECT * INTO request FROM access_request WHERE id = target;
    IF request.state IN ('DRAFT', 'RETURNED', 'WITHDRAWN', 'LAPSED') THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(array_agg(p.person_id), '{}') INTO parties FROM request_person p WHERE p.request_id = target;
    IF (NOT request.emergency AND request.requester_id = ANY (parties))
       OR request.deciders && (parties || request.requester_id)
       OR EXISTS (
            SELECT FROM request_item i
            WHERE i.request_id = target AND i.revision = request.revision
              AND i.deciders && (parties || request.requester_id || request.deciders))
    THEN
        RAISE EXCEPTION 'one person in two offices of request %', request.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- A live grant needs both authorities for the current revision. Two ways around the first of them, each as narrow as
-- the law makes it: the own department's cameras, and an emergency until its ratification is due.

CREATE OR REPLACE FUNCTION check_authority() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('ISSUED', 'SUSPENDED') AND NOT EXISTS (
        SELECT FROM request_item i JOIN access_request r ON r.id = i.request_id
        WHERE i.id = NEW.item_id AND r.id = NEW.request_id AND i.department_id = NEW.department_id
          AND i.revision = r.revision AND NEW.emergency = r.emergency AND NEW.renews IS NOT DISTINCT FROM r.renews
          AND CASE
            WHEN NOT r.emergency THEN
                i.state = 'AUTHORIZED' AND i.authorizer_id IS NOT NULL AND r.state IN ('DEPARTMENT_REVIEW', 'DECIDED')
                AND (r.approver_id IS NOT NULL OR (r.center_approvals = 0 AND i.department_id = r.department_id))
            WHEN r.state = 'EMERGENCY' THEN i.state = 'PROVISIONAL' AND NEW.valid_until <= r.due
            ELSE i.state = 'RATIFIED' AND r.state = 'DECIDED' AND r.approver_id IS NOT NULL
          END
    ) THEN
        RAISE EXCEPTION 'a live grant without both authorities' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION check_no_orphan_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('AUTHORIZED', 'PROVISIONAL', 'RATIFIED') AND EXISTS (
        SELECT FROM access_grant g
        WHERE g.item_id = NEW.id AND g.state IN ('ISSUED', 'SUSPENDED', 'EXHAUSTED') AND g.valid_until > now()
    ) THEN
        RAISE EXCEPTION 'a live grant under a dead item' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION check_no_dead_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('DEPARTMENT_REVIEW', 'DECIDED', 'EMERGENCY') AND EXISTS (
        SELECT FROM access_grant g
        WHERE g.request_id = NEW.id AND g.state IN ('ISSUED', 'SUSPENDED', 'EXHAUSTED') AND g.valid_until > now()
    ) THEN
        RAISE EXCEPTION 'a live grant under a dead request' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER no_dead_request AFTER UPDATE OF state ON access_request
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_no_dead_request();

-- A grant that has ended stays ended.

CREATE FUNCTION refuse_resurrection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('REVOKED', 'EXHAUSTED') AND NEW.state NOT IN (OLD.state, 'REVOKED') THEN
        RAISE EXCEPTION 'a grant that has ended stays ended' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.valid_until > OLD.valid_until OR NEW.valid_from < OLD.valid_from
       OR NEW.quota_snapshots > OLD.quota_snapshots OR NEW.quota_seconds > OLD.quota_seconds
       OR NEW.quota_bytes > OLD.quota_bytes
    THEN
        RAISE EXCEPTION 'a grant never grows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER final BEFORE UPDATE ON access_grant FOR EACH ROW EXECUTE FUNCTION refuse_resurrection();

-- A line may follow its camera to another owner's part of the same revision while nobody has decided on it.

CREATE OR REPLACE FUNCTION refuse_late_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.camera_id <> NEW.camera_id
       OR OLD.asked_begin <> NEW.asked_begin OR OLD.asked_end <> NEW.asked_end
       OR (OLD.authorized_begin IS NOT NULL AND
           (OLD.authorized_begin, OLD.authorized_end) IS DISTINCT FROM (NEW.authorized_begin, NEW.authorized_end))
       OR (OLD.item_id <> NEW.item_id AND NOT EXISTS (
           SELECT FROM request_item a JOIN request_item b ON b.request_id = a.request_id AND b.revision = a.revision
           WHERE a.id = OLD.item_id AND b.id = NEW.item_id
             AND a.state IN ('PENDING', 'VOID') AND a.authorizer_id IS NULL AND b.state = 'PENDING'))
    THEN
        RAISE EXCEPTION 'a decided line is not rewritten' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
