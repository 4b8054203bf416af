ALTER TABLE cases.case_file
    DROP CONSTRAINT case_file_submission_id_fkey,
    DROP COLUMN submission_id;
