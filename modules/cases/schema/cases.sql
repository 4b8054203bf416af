-- The schema of module cases as it should be.

CREATE SCHEMA cases;
COMMENT ON SCHEMA cases IS 'Case files and everything that happens to them. Owned by Case management.';

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

CREATE FUNCTION cases.set_due_on() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
    IF NEW.submitted_at IS NOT NULL AND NEW.due_on IS NULL THEN
        -- 180 days is the service's own promise where the law names no limit.
        SELECT (NEW.submitted_at AT TIME ZONE 'Europe/London')::date + coalesce(t.statutory_days, 180)
        INTO NEW.due_on
        FROM cases.case_type AS t
        WHERE t.code = NEW.case_type;
    END IF;
    RETURN NEW;
END;
$$;

CREATE TYPE cases.case_status AS ENUM ('draft', 'submitted', 'in_review', 'decided', 'withdrawn', 'closed');

CREATE TABLE cases.case_type (
    code           text PRIMARY KEY CHECK (code ~ '^[A-Z]{3}$'),
    title          text NOT NULL UNIQUE,
    statutory_days smallint CHECK (statutory_days > 0),
    guidance       text
);

CREATE TABLE cases.case_file (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_number   bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    reference     text GENERATED ALWAYS AS ('CB' || lpad(case_number::text, 8, '0')) STORED,
    case_type     text NOT NULL REFERENCES cases.case_type (code),
    status        cases.case_status NOT NULL DEFAULT 'draft',
    title         text NOT NULL,
    created_by    uuid NOT NULL REFERENCES identity.user_account (id),
    submitted_at  timestamptz,
    decided_at    timestamptz,
    closed_at     timestamptz,
    closure_note  text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    submission_id text REFERENCES onboarding.onboarding_submission (id),
    due_on        date,
    CONSTRAINT case_file_submitted_unless_draft CHECK (status = 'draft' OR submitted_at IS NOT NULL),
    CONSTRAINT case_file_decided_after_submission CHECK (decided_at >= submitted_at),
    CONSTRAINT case_file_due_when_submitted CHECK (submitted_at IS NULL OR due_on IS NOT NULL)
);
COMMENT ON COLUMN cases.case_file.case_number IS
    'Has gaps, and that is fine: a number is used up by an insert that failed.';
COMMENT ON COLUMN cases.case_file.due_on IS
    'Day by which the decision is due. Set by trigger on submission; staff may extend it.';

CREATE UNIQUE INDEX case_file_reference_key ON cases.case_file (reference);
CREATE UNIQUE INDEX case_file_submission_id_key ON cases.case_file (submission_id)
    WHERE submission_id IS NOT NULL;
CREATE INDEX case_file_created_by_idx ON cases.case_file (created_by);
CREATE INDEX case_file_open_by_type_idx ON cases.case_file (case_type, submitted_at)
    WHERE status IN ('submitted', 'in_review');

CREATE TRIGGER case_file_touch BEFORE UPDATE ON cases.case_file
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();
CREATE TRIGGER case_file_due_on BEFORE INSERT OR UPDATE OF submitted_at, due_on ON cases.case_file
    FOR EACH ROW EXECUTE FUNCTION cases.set_due_on();

CREATE TYPE cases.party_role AS ENUM ('applicant', 'respondent', 'representative', 'interested_party');

CREATE TABLE cases.party (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id         uuid NOT NULL REFERENCES cases.case_file (id) ON DELETE CASCADE,
    role            cases.party_role NOT NULL,
    user_id         uuid REFERENCES identity.user_account (id),
    organisation_id uuid REFERENCES identity.organisation (id),
    named           text,
    contact_email   public.email_address,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT party_is_exactly_one_thing CHECK (num_nonnulls(user_id, organisation_id, named) = 1)
);

CREATE INDEX party_case_id_idx ON cases.party (case_id);
CREATE INDEX party_user_id_idx ON cases.party (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX party_organisation_id_idx ON cases.party (organisation_id) WHERE organisation_id IS NOT NULL;
CREATE UNIQUE INDEX party_one_applicant_key ON cases.party (case_id) WHERE role = 'applicant';

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
CREATE INDEX case_event_public_idx ON cases.case_event (case_id, occurred_at) WHERE is_public;

CREATE TRIGGER case_event_append_only BEFORE UPDATE OR DELETE ON cases.case_event
    FOR EACH ROW EXECUTE FUNCTION cases.refuse_change();
CREATE TRIGGER case_event_no_truncate BEFORE TRUNCATE ON cases.case_event
    FOR EACH STATEMENT EXECUTE FUNCTION cases.refuse_change();

CREATE TABLE cases.allocation (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id      uuid NOT NULL REFERENCES cases.case_file (id),
    caseworker   uuid NOT NULL REFERENCES identity.user_account (id),
    allocated_by uuid NOT NULL REFERENCES identity.user_account (id),
    period       tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    CONSTRAINT allocation_period_not_empty CHECK (NOT isempty(period)),
    CONSTRAINT allocation_one_at_a_time EXCLUDE USING gist (case_id WITH =, period WITH &&)
);

CREATE INDEX allocation_current_idx ON cases.allocation (caseworker) WHERE upper_inf(period);

CREATE TABLE cases.note (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id    uuid NOT NULL REFERENCES cases.case_file (id) ON DELETE CASCADE,
    author_id  uuid NOT NULL REFERENCES identity.user_account (id),
    body       text NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
    written_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE cases.note IS 'Working notes of staff. Never shown to a party.';

CREATE INDEX note_case_id_idx ON cases.note (case_id, written_at DESC);

CREATE TABLE cases.document (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id       uuid NOT NULL REFERENCES cases.case_file (id),
    supplied_by   uuid REFERENCES cases.party (id) ON DELETE SET NULL,
    title         text NOT NULL,
    summary       text,
    object_key    text NOT NULL UNIQUE,
    sha256        bytea NOT NULL CHECK (octet_length(sha256) = 32),
    received_at   timestamptz NOT NULL DEFAULT now(),
    search        tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', coalesce(summary, '')), 'B')
    ) STORED
);

CREATE INDEX document_search_idx ON cases.document USING gin (search);
CREATE INDEX document_supplied_by_idx ON cases.document (supplied_by) WHERE supplied_by IS NOT NULL;
CREATE UNIQUE INDEX document_content_key ON cases.document (case_id, sha256);

CREATE TYPE cases.hearing_format AS ENUM ('in_person', 'video', 'telephone', 'on_paper');

CREATE TABLE cases.hearing (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id   uuid NOT NULL REFERENCES cases.case_file (id),
    format    cases.hearing_format NOT NULL,
    room      text,
    slot      tstzrange NOT NULL,
    panel     uuid[] NOT NULL CHECK (cardinality(panel) BETWEEN 1 AND 3),
    vacated   boolean NOT NULL DEFAULT false,
    CONSTRAINT hearing_slot_bounded CHECK (NOT lower_inf(slot) AND NOT upper_inf(slot)),
    CONSTRAINT hearing_room_if_in_person CHECK ((format = 'in_person') = (room IS NOT NULL)),
    CONSTRAINT hearing_room_free EXCLUDE USING gist (room WITH =, slot WITH &&) WHERE (NOT vacated)
);
COMMENT ON COLUMN cases.hearing.panel IS
    'Account ids, the chair first. An array, not a table: a panel is replaced as a whole or not at all.';

CREATE INDEX hearing_case_id_idx ON cases.hearing (case_id);
CREATE INDEX hearing_upcoming_idx ON cases.hearing (lower(slot)) WHERE NOT vacated;
