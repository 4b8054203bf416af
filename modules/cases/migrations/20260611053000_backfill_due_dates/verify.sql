DO $$
DECLARE
    without_date bigint;
BEGIN
    SELECT count(*) INTO without_date
    FROM cases.case_file
    WHERE submitted_at IS NOT NULL AND due_on IS NULL;

    IF without_date > 0 THEN
        RAISE EXCEPTION '% submitted cases have no due date', without_date;
    END IF;
END;
$$;
