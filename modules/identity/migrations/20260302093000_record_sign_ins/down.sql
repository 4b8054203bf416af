DROP TABLE identity.sign_in_attempt;
