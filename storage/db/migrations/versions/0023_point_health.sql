-- Run by the migration of the same name. A million points must not mean a million rows a turn: what is well has no
-- row of its own, a point is as its source is unless something is known of itself.

CREATE TABLE point_watch (
    camera_id uuid CONSTRAINT pk_point_watch PRIMARY KEY
        CONSTRAINT fk_point_watch_camera_id REFERENCES camera (id) ON DELETE CASCADE,
    source_id uuid NOT NULL CONSTRAINT fk_point_watch_source_id REFERENCES source (id),
    owner_id uuid NOT NULL CONSTRAINT fk_point_watch_owner_id REFERENCES department (id),
    division text COLLATE "C" NOT NULL,
    since date NOT NULL,
    next_at timestamptz NOT NULL,
    failures smallint NOT NULL DEFAULT 0,
    suspected text,
    looked_at timestamptz,
    picture_at timestamptz,
    recorded_to date
) WITH (fillfactor = 80);
CREATE INDEX ix_point_watch_source_id_next_at ON point_watch (source_id, next_at);
CREATE INDEX ix_point_watch_troubled ON point_watch (source_id, next_at) WHERE failures > 0;
CREATE INDEX ix_source_health_until ON source_health (until);

CREATE TABLE point_stint (
    camera_id uuid NOT NULL CONSTRAINT fk_point_stint_camera_id REFERENCES camera (id) ON DELETE CASCADE,
    source_id uuid NOT NULL CONSTRAINT fk_point_stint_source_id REFERENCES source (id),
    since date NOT NULL,
    until date NOT NULL,
    CONSTRAINT pk_point_stint PRIMARY KEY (camera_id, since),
    CONSTRAINT ck_point_stint_in_order CHECK (since < until)
);

CREATE TABLE point_health (
    id bigserial CONSTRAINT pk_point_health PRIMARY KEY,
    camera_id uuid NOT NULL CONSTRAINT fk_point_health_camera_id REFERENCES camera (id) ON DELETE CASCADE,
    state text NOT NULL
        CONSTRAINT ck_point_health_state CHECK (state IN ('offline', 'silent', 'black', 'frozen')),
    since timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    until timestamptz,
    detail text NOT NULL DEFAULT '',
    CONSTRAINT ck_point_health_in_order CHECK (since <= seen_at AND (until IS NULL OR seen_at <= until))
);
CREATE UNIQUE INDEX ix_point_health_camera_id ON point_health (camera_id) WHERE until IS NULL;
CREATE INDEX ix_point_health_camera_id_since ON point_health (camera_id, since);
CREATE INDEX ix_point_health_until ON point_health (until);

CREATE TABLE point_day (
    camera_id uuid NOT NULL CONSTRAINT fk_point_day_camera_id REFERENCES camera (id) ON DELETE CASCADE,
    day date NOT NULL,
    watched integer NOT NULL,
    online integer NOT NULL,
    intact integer NOT NULL,
    CONSTRAINT pk_point_day PRIMARY KEY (camera_id, day),
    CONSTRAINT ck_point_day_parts CHECK (0 <= intact AND intact <= online AND online <= watched)
);
CREATE INDEX ix_point_day_day ON point_day (day);

CREATE TABLE point_recorded (
    camera_id uuid NOT NULL CONSTRAINT fk_point_recorded_camera_id REFERENCES camera (id) ON DELETE CASCADE,
    month date NOT NULL,
    seconds integer[] NOT NULL,
    CONSTRAINT pk_point_recorded PRIMARY KEY (camera_id, month),
    CONSTRAINT ck_point_recorded_month CHECK (cardinality(seconds) = 31 AND extract(day FROM month) = 1)
);

CREATE TABLE source_day (
    source_id uuid NOT NULL CONSTRAINT fk_source_day_source_id REFERENCES source (id),
    day date NOT NULL,
    watched integer NOT NULL,
    online integer NOT NULL,
    CONSTRAINT pk_source_day PRIMARY KEY (source_id, day),
    CONSTRAINT ck_source_day_parts CHECK (0 <= online AND online <= watched)
);
CREATE INDEX ix_source_day_day ON source_day (day);

CREATE TABLE health_day (
    day date NOT NULL,
    owner_id uuid NOT NULL CONSTRAINT fk_health_day_owner_id REFERENCES department (id),
    division text COLLATE "C" NOT NULL,
    points integer NOT NULL DEFAULT 0,
    watched bigint NOT NULL DEFAULT 0,
    online bigint NOT NULL DEFAULT 0,
    intact bigint NOT NULL DEFAULT 0,
    asked bigint NOT NULL DEFAULT 0,
    recorded bigint NOT NULL DEFAULT 0,
    CONSTRAINT pk_health_day PRIMARY KEY (day, owner_id, division),
    CONSTRAINT ck_health_day_parts CHECK (0 <= intact AND intact <= online AND online <= watched),
    CONSTRAINT ck_health_day_recorded CHECK (0 <= recorded AND recorded <= asked)
) WITH (fillfactor = 80);
CREATE INDEX ix_health_day_owner_id_day ON health_day (owner_id, day);

CREATE TABLE source_round (
    source_id uuid CONSTRAINT pk_source_round PRIMARY KEY
        CONSTRAINT fk_source_round_source_id REFERENCES source (id),
    next_list_at timestamptz NOT NULL,
    followed bigint
);
CREATE INDEX ix_source_round_next_list_at ON source_round (next_list_at);

CREATE TABLE health_round (
    name text CONSTRAINT pk_health_round PRIMARY KEY,
    at timestamptz NOT NULL,
    day date,
    camera_id uuid
);

CREATE TABLE health_target (
    id uuid CONSTRAINT pk_health_target PRIMARY KEY,
    department_id uuid CONSTRAINT fk_health_target_department_id REFERENCES department (id)
        CONSTRAINT uq_health_target_department_id UNIQUE,
    source_id uuid CONSTRAINT fk_health_target_source_id REFERENCES source (id)
        CONSTRAINT uq_health_target_source_id UNIQUE,
    per_mille smallint NOT NULL CONSTRAINT ck_health_target_per_mille CHECK (per_mille BETWEEN 0 AND 1000),
    stream text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_health_target_of_one CHECK (num_nonnulls(department_id, source_id) = 1),
    CONSTRAINT fk_health_target_stream FOREIGN KEY (stream, version)
        REFERENCES audit_event (stream, seq) DEFERRABLE INITIALLY DEFERRED
);
CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON health_target
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change();

CREATE TABLE health_alert (
    subject uuid NOT NULL,
    day date NOT NULL,
    at timestamptz NOT NULL,
    watched bigint NOT NULL,
    online bigint NOT NULL,
    per_mille smallint NOT NULL,
    CONSTRAINT pk_health_alert PRIMARY KEY (subject, day)
);

CREATE TABLE maintenance (
    id uuid CONSTRAINT pk_maintenance PRIMARY KEY,
    source_id uuid CONSTRAINT fk_maintenance_source_id REFERENCES source (id),
    department_id uuid CONSTRAINT fk_maintenance_department_id REFERENCES department (id),
    camera_id uuid CONSTRAINT fk_maintenance_camera_id REFERENCES camera (id) ON DELETE CASCADE,
    begins timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    reason text NOT NULL,
    declared_by text NOT NULL,
    declared_at timestamptz NOT NULL,
    stream text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT ck_maintenance_of_one CHECK (num_nonnulls(source_id, department_id, camera_id) = 1),
    CONSTRAINT ck_maintenance_in_order CHECK (begins <= ends),
    CONSTRAINT ck_maintenance_planned CHECK (declared_at <= begins),
    CONSTRAINT fk_maintenance_stream FOREIGN KEY (stream, version)
        REFERENCES audit_event (stream, seq) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_maintenance_source_id ON maintenance (source_id);
CREATE INDEX ix_maintenance_camera_id ON maintenance (camera_id);
CREATE INDEX ix_maintenance_ends ON maintenance (ends);
CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON maintenance
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change();

-- A trouble that has ended is never changed.
CREATE TRIGGER append_only BEFORE UPDATE ON point_health
    FOR EACH ROW WHEN (OLD.until IS NOT NULL) EXECUTE FUNCTION refuse_to_rewrite();

CREATE FUNCTION seconds_of(spans tstzmultirange) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(round(sum(extract(epoch FROM upper(span) - lower(span)))), 0)::integer FROM unnest(spans) AS span
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON point_watch TO xueliang_app;
GRANT SELECT, INSERT ON point_stint, point_health, health_alert TO xueliang_app;
GRANT UPDATE (seen_at, until, detail) ON point_health TO xueliang_app;
GRANT SELECT, INSERT, UPDATE ON point_day, point_recorded, source_day, health_day, source_round, health_round,
    health_target, maintenance TO xueliang_app;
GRANT USAGE, SELECT ON SEQUENCE point_health_id_seq TO xueliang_app;
