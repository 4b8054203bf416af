-- The case list reads open cases of one type by age; the index on status alone finds a third of the table.
-- Built without blocking, and the old index goes only when the new one is there: in between, the list would
-- time out. One file, so that this order cannot come apart.
-- strata: no-transaction
-- strata: statement-timeout 30min
CREATE INDEX CONCURRENTLY case_file_open_by_type_idx
    ON cases.case_file (case_type, submitted_at)
    WHERE status IN ('submitted', 'in_review');

-- One case per submission; the service has kept to it so far, from now on the database does.
CREATE UNIQUE INDEX CONCURRENTLY case_file_submission_id_key
    ON cases.case_file (submission_id)
    WHERE submission_id IS NOT NULL;

DROP INDEX CONCURRENTLY cases.case_file_status_idx;

-- Partial indexes are chosen by statistics, and autovacuum may take a day to come by.
ANALYZE cases.case_file;
