-- A policy is never rewritten: only its state moves on, and with it who put it in force.

CREATE FUNCTION check_policy_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.content, NEW.comment, NEW.proposed_by, NEW.proposed_at)
        IS DISTINCT FROM (OLD.id, OLD.content, OLD.comment, OLD.proposed_by, OLD.proposed_at)
        OR (OLD.activated_by IS NOT NULL
            AND (NEW.policy, NEW.activated_by, NEW.activated_at)
                IS DISTINCT FROM (OLD.policy, OLD.activated_by, OLD.activated_at))
    THEN
        RAISE EXCEPTION 'a policy is not rewritten' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state
        AND (OLD.state, NEW.state) NOT IN (('PROPOSED', 'ACTIVE'), ('PROPOSED', 'DISCARDED'), ('ACTIVE', 'RETIRED'))
    THEN
        RAISE EXCEPTION 'a policy does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER step BEFORE UPDATE ON policy_version FOR EACH ROW EXECUTE FUNCTION check_policy_step();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON policy_change
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON policy_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

-- What every process reads (the newest change) and what the office reads (the active version) are the same thing.

CREATE FUNCTION check_policy_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    active uuid := (SELECT id FROM policy_version WHERE state = 'ACTIVE');
    followed uuid := (SELECT version_id FROM policy_change ORDER BY epoch DESC LIMIT 1);
BEGIN
    IF active IS DISTINCT FROM followed THEN
        RAISE EXCEPTION 'the active policy is not the one that is followed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER in_force AFTER INSERT OR UPDATE ON policy_version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_policy_in_force();
CREATE CONSTRAINT TRIGGER in_force AFTER INSERT ON policy_change
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_policy_in_force();

-- Which policy a transaction works under. It holds a shared lock on the number until it ends, so that whoever changed
-- the policy can wait for the last one that began under the policy before. Asked under the lock again, because the
-- policy may have changed between the two; not waited for, because the lock is only ever refused for a number that is
-- over. Each statement here has a snapshot of its own, which needs READ COMMITTED.

CREATE FUNCTION policy_in_force() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    seen bigint;
BEGIN
    FOR attempt IN 1..100 LOOP
        SELECT coalesce(max(epoch), 0) INTO seen FROM policy_change;
        IF pg_try_advisory_xact_lock_shared(hashtext('xueliang_policy'), seen::int) THEN
            IF NOT EXISTS (SELECT FROM policy_change WHERE epoch > seen) THEN
                RETURN seen;
            END IF;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'the policy in force cannot be told' USING ERRCODE = 'serialization_failure';
END $$;

GRANT SELECT, INSERT, UPDATE ON policy_version TO xueliang_app;
GRANT SELECT, INSERT ON policy_change TO xueliang_app;
