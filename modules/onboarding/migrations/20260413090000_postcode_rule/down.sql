ALTER TABLE onboarding.onboarding_submission
    DROP CONSTRAINT onboarding_submission_postcode_printable;
