ALTER TABLE onboarding.onboarding_submission
    VALIDATE CONSTRAINT onboarding_submission_postcode_printable;
