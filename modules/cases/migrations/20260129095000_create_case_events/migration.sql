-- What the citizen sees as "progress of your case", and what a court may ask for. Both need a record that
-- nobody can tidy up afterwards.
CREATE TABLE cases.case_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases.case_file (id),
    kind        text NOT NULL CHECK (kind ~ '^[a-z]+(\.[a-z_]+)+$'),
    occurred_at timestamptz NOT NULL DEFAULT now(),
    actor_id    uuid REFERENCES identity.user_account (id),
    detail      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object'),
    is_public   boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE cases.case_event IS 'Append-only. A mistake is corrected by a further event.';
COMMENT ON COLUMN cases.case_event.kind IS
    'Dotted, for example status.decided. Not an enum: services add kinds with every release.';

CREATE INDEX case_event_case_id_idx ON cases.case_event (case_id, occurred_at);
CREATE INDEX case_event_actor_id_idx ON cases.case_event (actor_id) WHERE actor_id IS NOT NULL;

-- The page for citizens asks for nothing else.
CREATE INDEX case_event_public_idx ON cases.case_event (case_id, occurred_at) WHERE is_public;

CREATE FUNCTION cases.refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $refuse$
BEGIN
    RAISE EXCEPTION '%.% is append-only; % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation',
              HINT = $$Write a further event that corrects this one.$$;
END;
$refuse$;

CREATE TRIGGER case_event_append_only BEFORE UPDATE OR DELETE ON cases.case_event
    FOR EACH ROW EXECUTE FUNCTION cases.refuse_change();

-- TRUNCATE passes by every row trigger.
CREATE TRIGGER case_event_no_truncate BEFORE TRUNCATE ON cases.case_event
    FOR EACH STATEMENT EXECUTE FUNCTION cases.refuse_change();
