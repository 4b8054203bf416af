-- Without this, a month that somebody forgot would be noticed by nobody: its rows go to the default partition.
DO $$
DECLARE
    missing text;
BEGIN
    SELECT string_agg(to_char(month, 'YYYY-MM'), ', ' ORDER BY month) INTO missing
    FROM generate_series(timestamp '2026-01-01', timestamp '2027-03-01', interval '1 month') AS month
    WHERE NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_inherits
        WHERE inhparent = 'audit.row_change'::regclass
          AND inhrelid = to_regclass('audit.row_change_' || to_char(month, 'YYYY_MM'))
    );

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'audit.row_change has no partition for %', missing;
    END IF;
END;
$$;
