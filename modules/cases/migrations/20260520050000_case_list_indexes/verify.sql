-- A concurrent build that failed leaves an index that exists, slows every write and is used by no query.
DO $$
BEGIN
    IF (
        SELECT count(*)
        FROM pg_catalog.pg_index
        WHERE indrelid = 'cases.case_file'::regclass
          AND indexrelid::regclass::text IN ('cases.case_file_open_by_type_idx', 'cases.case_file_submission_id_key')
          AND indisvalid AND indisready
    ) <> 2 THEN
        RAISE EXCEPTION 'an index of the case list is missing or INVALID';
    END IF;
END;
$$;
