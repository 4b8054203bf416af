-- What Prisma's language cannot say of the tables in onboarding.prisma.

ALTER TABLE onboarding.onboarding_submission
    ADD CONSTRAINT onboarding_submission_postcode_printable
        CHECK (postcode ~ '^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$');

ALTER TABLE onboarding.submission_document
    ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY,
    ADD CHECK (byte_size BETWEEN 1 AND 20 * 1024 * 1024),
    ADD CONSTRAINT submission_document_object_key_key UNIQUE USING INDEX submission_document_object_key_key;
COMMENT ON COLUMN onboarding.submission_document.object_key IS 'Key in the object store. Random, so that it tells nothing.';
CREATE INDEX submission_document_pending_idx ON onboarding.submission_document (uploaded_at)
    WHERE scan = 'pending';

ALTER TABLE onboarding.submission_review
    ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY,
    ADD FOREIGN KEY (reviewer_id) REFERENCES identity.user_account (id),
    ADD CONSTRAINT submission_review_explained
        CHECK (outcome = 'accepted' OR length(trim(explanation)) > 0 AND explanation IS NOT NULL);
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
