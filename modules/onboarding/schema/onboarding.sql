-- The schema of module onboarding as it should be.

CREATE SCHEMA onboarding;

CREATE TABLE onboarding.onboarding_submission (
    id             text NOT NULL,
    first_name     text NOT NULL,
    last_name      text NOT NULL,
    date_of_birth  date NOT NULL,
    address_line_1 text NOT NULL,
    address_line_2 text,
    town           text NOT NULL,
    postcode       text NOT NULL,
    role_type      text NOT NULL,
    role_other     text,
    submitted_at   timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT onboarding_submission_pkey PRIMARY KEY (id),
    CONSTRAINT onboarding_submission_postcode_printable
        CHECK (postcode ~ '^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$')
);

CREATE INDEX onboarding_submission_submitted_at_idx ON onboarding.onboarding_submission (submitted_at);

CREATE TYPE onboarding.scan_result AS ENUM ('pending', 'clean', 'infected', 'unreadable');

CREATE TABLE onboarding.submission_document (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    submission_id text NOT NULL REFERENCES onboarding.onboarding_submission (id) ON DELETE CASCADE,
    file_name     text NOT NULL,
    extension     text GENERATED ALWAYS AS (lower(substring(file_name FROM '\.([^.]+)$'))) STORED,
    object_key    text NOT NULL UNIQUE,
    byte_size     integer NOT NULL CHECK (byte_size BETWEEN 1 AND 20 * 1024 * 1024),
    scan          onboarding.scan_result NOT NULL DEFAULT 'pending',
    uploaded_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN onboarding.submission_document.object_key IS 'Key in the object store. Random, so that it tells nothing.';

CREATE INDEX submission_document_submission_id_idx ON onboarding.submission_document (submission_id);
CREATE INDEX submission_document_pending_idx ON onboarding.submission_document (uploaded_at)
    WHERE scan = 'pending';

CREATE TYPE onboarding.review_outcome AS ENUM ('accepted', 'more_information', 'rejected');

CREATE TABLE onboarding.submission_review (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    submission_id text NOT NULL REFERENCES onboarding.onboarding_submission (id),
    reviewer_id   uuid NOT NULL REFERENCES identity.user_account (id),
    outcome       onboarding.review_outcome NOT NULL,
    explanation   text,
    reviewed_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT submission_review_explained
        CHECK (outcome = 'accepted' OR length(trim(explanation)) > 0 AND explanation IS NOT NULL)
);

CREATE INDEX submission_review_submission_id_idx
    ON onboarding.submission_review (submission_id, reviewed_at DESC);
CREATE INDEX submission_review_reviewer_id_idx ON onboarding.submission_review (reviewer_id);
CREATE UNIQUE INDEX submission_review_accepted_key ON onboarding.submission_review (submission_id)
    WHERE outcome = 'accepted';

CREATE TRIGGER submission_review_audit AFTER INSERT OR UPDATE OR DELETE ON onboarding.submission_review
    FOR EACH ROW EXECUTE FUNCTION audit.record_row_change();

CREATE TABLE onboarding.terms_version (
    version        integer PRIMARY KEY CHECK (version > 0),
    body           text NOT NULL,
    effective_from date NOT NULL UNIQUE
);
COMMENT ON TABLE onboarding.terms_version IS 'Wordings of the terms of use. A row is never changed: a new wording is a new version.';

CREATE TABLE onboarding.terms_acceptance (
    submission_id text NOT NULL REFERENCES onboarding.onboarding_submission (id),
    terms_version integer NOT NULL REFERENCES onboarding.terms_version (version),
    user_id       uuid REFERENCES identity.user_account (id),
    accepted_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (submission_id, terms_version)
);
COMMENT ON COLUMN onboarding.terms_acceptance.user_id IS 'Null until the applicant has an account; the form comes first.';

CREATE INDEX terms_acceptance_user_id_idx ON onboarding.terms_acceptance (user_id) WHERE user_id IS NOT NULL;
