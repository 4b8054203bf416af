DROP TABLE onboarding.terms_acceptance;
DROP TABLE onboarding.terms_version;
