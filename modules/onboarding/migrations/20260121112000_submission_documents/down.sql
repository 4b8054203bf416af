DROP TABLE onboarding.submission_document;
DROP TYPE onboarding.scan_result;
