-- strata: needs identity/20260105090000_create_users
-- strata: needs base/20260119083000_audit_log
CREATE TYPE onboarding.review_outcome AS ENUM ('accepted', 'more_information', 'rejected');

-- One row per look, not per submission: after "more information" the same submission is reviewed again.
CREATE TABLE onboarding.submission_review (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    submission_id text NOT NULL REFERENCES onboarding.onboarding_submission (id),
    reviewer_id   uuid NOT NULL REFERENCES identity.user_account (id),
    outcome       onboarding.review_outcome NOT NULL,
    -- The applicant reads this, so it may not be left out when they have to act on it.
    explanation   text,
    reviewed_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT submission_review_explained
        CHECK (outcome = 'accepted' OR length(trim(explanation)) > 0 AND explanation IS NOT NULL)
);

CREATE INDEX submission_review_submission_id_idx
    ON onboarding.submission_review (submission_id, reviewed_at DESC);
CREATE INDEX submission_review_reviewer_id_idx ON onboarding.submission_review (reviewer_id);

-- Accepting twice would open two cases.
CREATE UNIQUE INDEX submission_review_accepted_key ON onboarding.submission_review (submission_id)
    WHERE outcome = 'accepted';

CREATE TRIGGER submission_review_audit AFTER INSERT OR UPDATE OR DELETE ON onboarding.submission_review
    FOR EACH ROW EXECUTE FUNCTION audit.record_row_change();
