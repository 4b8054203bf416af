-- For the monthly job. Migrations write their partitions out; this is for the months after the last of them.
CREATE OR REPLACE FUNCTION notifications.ensure_delivery_partition(month date) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog
-- Bounds are given in UTC whatever the caller's time zone is.
SET timezone = 'UTC'
AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
BEGIN
    EXECUTE format(
        'CREATE TABLE IF NOT EXISTS notifications.%I PARTITION OF notifications.delivery FOR VALUES FROM (%L) TO (%L)',
        'delivery_' || to_char(first_day, 'YYYY_MM'),
        first_day::timestamptz,
        (first_day + interval '1 month')::timestamptz
    );
END;
$$;
