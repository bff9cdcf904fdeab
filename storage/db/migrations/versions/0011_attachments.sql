-- Run by the migration of the same name.

-- Who decides on a request must find the papers that were handed in with it: they change only while it is being written.

CREATE FUNCTION refuse_late_paper() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM access_request r WHERE r.id = NEW.request_id AND r.state IN ('DRAFT', 'RETURNED')
    ) THEN
        RAISE EXCEPTION 'the papers of a request that was handed in stay as they are'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL OR
        (OLD.id, OLD.request_id, OLD.name, OLD.media_type, OLD.size, OLD.digest, OLD.uploaded_by, OLD.at, OLD.stream)
        IS DISTINCT FROM
        (NEW.id, NEW.request_id, NEW.name, NEW.media_type, NEW.size, NEW.digest, NEW.uploaded_by, NEW.at, NEW.stream))
    THEN
        RAISE EXCEPTION 'a paper is taken back once and never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER late_paper BEFORE INSERT OR UPDATE ON attachment
    FOR EACH ROW EXECUTE FUNCTION refuse_late_paper();
CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON attachment
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change();

GRANT SELECT, INSERT, UPDATE ON attachment TO xueliang_app;
