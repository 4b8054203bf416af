ALTER TABLE cases.case_file VALIDATE CONSTRAINT case_file_due_when_submitted;
