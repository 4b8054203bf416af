DO $$
DECLARE
    left_over bigint;
BEGIN
    SELECT count(*) INTO left_over
    FROM cases.case_file
    WHERE status = 'closed' AND decided_at IS NULL AND closure_note ILIKE 'withdrawn%';

    IF left_over > 0 THEN
        RAISE EXCEPTION '% withdrawn cases are still marked closed', left_over;
    END IF;
END;
$$;
