-- Run by the migration of the same name. The register only grows, and no look is without its line.

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON access_register
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON access_register
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON access_outcome
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON access_outcome
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

-- Event and line are two faces of one look: each event of these kinds has exactly one line (the pair of stream and
-- number is unique there), and each line has its event (a foreign key) of the kind that fits.

CREATE FUNCTION register_fits(kind text, act text, result text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
        WHEN 'retrieval:ordered' THEN act = 'order' AND result = 'allowed'
        WHEN 'retrieval:opened' THEN act IN ('deliver', 'view') AND result = 'allowed'
        WHEN 'retrieval:refused' THEN result = 'refused'
        ELSE false
    END
$$;

CREATE FUNCTION check_look_entered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM access_register r
        WHERE r.stream = NEW.stream AND r.seq = NEW.seq AND register_fits(NEW.kind, r.act, r.result)
    ) THEN
        RAISE EXCEPTION 'a look without its line in the access register: % of %', NEW.seq, NEW.stream
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER look_entered AFTER INSERT ON audit_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.kind IN ('retrieval:ordered', 'retrieval:opened', 'retrieval:refused'))
    EXECUTE FUNCTION check_look_entered();

CREATE FUNCTION check_line_happened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_event e
        WHERE e.stream = NEW.stream AND e.seq = NEW.seq AND register_fits(e.kind, NEW.act, NEW.result)
    ) THEN
        RAISE EXCEPTION 'a line in the access register without its look: % of %', NEW.seq, NEW.stream
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER line_happened AFTER INSERT ON access_register
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_line_happened();

CREATE FUNCTION check_order_entered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM access_register r
        WHERE r.retrieval_id = NEW.id AND r.person_id = NEW.person_id AND r.camera_id = NEW.camera_id
          AND r.act = 'order' AND r.result = 'allowed'
    ) THEN
        RAISE EXCEPTION 'a retrieval without its line in the access register: %', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER order_entered AFTER INSERT ON retrieval
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_order_entered();

-- Only a delivery that was allowed can end.

CREATE FUNCTION check_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM access_register r
        WHERE r.id = NEW.register_id AND r.act IN ('deliver', 'view') AND r.result = 'allowed'
    ) THEN
        RAISE EXCEPTION 'the end of a delivery that never began: %', NEW.register_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER of_a_delivery BEFORE INSERT ON access_outcome
    FOR EACH ROW EXECUTE FUNCTION check_outcome();

GRANT SELECT, INSERT ON access_register, access_outcome TO xueliang_app;
GRANT USAGE, SELECT ON SEQUENCE access_register_id_seq TO xueliang_app;
