-- Which wording a person agreed to must be provable after the wording has changed.
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
