-- A case that began with the onboarding form keeps the link to it, so that nobody types the address again.
-- NOT VALID although the column is new and empty: a valid constraint would read both tables under lock.
-- strata: needs onboarding/20260108130000_init
-- strata: lock-timeout 2s
ALTER TABLE cases.case_file
    ADD COLUMN submission_id text,
    ADD CONSTRAINT case_file_submission_id_fkey
        FOREIGN KEY (submission_id) REFERENCES onboarding.onboarding_submission (id) NOT VALID;
