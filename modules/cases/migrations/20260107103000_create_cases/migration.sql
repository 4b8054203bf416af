-- strata: needs base/20260102100000_touch_updated_at
-- strata: needs identity/20260105090000_create_users
CREATE SCHEMA cases;
COMMENT ON SCHEMA cases IS 'Case files and everything that happens to them. Owned by Case management.';

CREATE TYPE cases.case_status AS ENUM ('draft', 'submitted', 'in_review', 'decided', 'closed');

CREATE TABLE cases.case_type (
    code           text PRIMARY KEY CHECK (code ~ '^[A-Z]{3}$'),
    title          text NOT NULL UNIQUE,
    -- Days in which the law wants a decision. Null where the law names none.
    statutory_days smallint CHECK (statutory_days > 0),
    guidance       text
);

CREATE TABLE cases.case_file (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_number  bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    -- What a citizen reads out on the telephone. Derived, so that it cannot disagree with the number.
    reference    text GENERATED ALWAYS AS ('CB' || lpad(case_number::text, 8, '0')) STORED,
    case_type    text NOT NULL REFERENCES cases.case_type (code),
    status       cases.case_status NOT NULL DEFAULT 'draft',
    title        text NOT NULL,
    created_by   uuid NOT NULL REFERENCES identity.user_account (id),
    submitted_at timestamptz,
    decided_at   timestamptz,
    closed_at    timestamptz,
    closure_note text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT case_file_submitted_unless_draft CHECK (status = 'draft' OR submitted_at IS NOT NULL),
    CONSTRAINT case_file_decided_after_submission CHECK (decided_at >= submitted_at)
);
COMMENT ON COLUMN cases.case_file.case_number IS
    'Has gaps, and that is fine: a number is used up by an insert that failed.';

CREATE UNIQUE INDEX case_file_reference_key ON cases.case_file (reference);
CREATE INDEX case_file_status_idx ON cases.case_file (status);
CREATE INDEX case_file_created_by_idx ON cases.case_file (created_by);

CREATE TRIGGER case_file_touch BEFORE UPDATE ON cases.case_file
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();
