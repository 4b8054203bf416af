ALTER TABLE cases.case_file VALIDATE CONSTRAINT case_file_submission_id_fkey;
