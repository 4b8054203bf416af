-- The form took any text for a postcode, and the letter printer rejects what it cannot read. From now on only
-- the printed form gets in; what is there already is mended in 20260420053000 and checked in 20260427091500.
-- strata: lock-timeout 2s
ALTER TABLE onboarding.onboarding_submission
    ADD CONSTRAINT onboarding_submission_postcode_printable
        CHECK (postcode ~ '^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$') NOT VALID;
