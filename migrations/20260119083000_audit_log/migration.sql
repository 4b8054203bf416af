-- Who changed money or permissions must be answerable for seven years, so the log is partitioned by month:
-- a month that has passed its date is detached and archived, never deleted row by row.
CREATE SCHEMA audit;
COMMENT ON SCHEMA audit IS 'The change log shared by all modules. Written by trigger only.';

CREATE TABLE audit.row_change (
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    schema_name text        NOT NULL,
    table_name  text        NOT NULL,
    operation   text        NOT NULL CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE')),
    actor       text,
    old_row     jsonb,
    new_row     jsonb,
    PRIMARY KEY (changed_at, id),
    CHECK (old_row IS NOT NULL OR new_row IS NOT NULL)
) PARTITION BY RANGE (changed_at);

COMMENT ON COLUMN audit.row_change.actor IS
    'The setting casebook.actor of the session that wrote; null when nobody set it, as in a migration.';

-- Written out instead of looped over, so that a reader and a plan see every table that will exist.
CREATE TABLE audit.row_change_2026_01 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00');
CREATE TABLE audit.row_change_2026_02 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-02-01 00:00+00') TO ('2026-03-01 00:00+00');
CREATE TABLE audit.row_change_2026_03 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-03-01 00:00+00') TO ('2026-04-01 00:00+00');
CREATE TABLE audit.row_change_2026_04 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-04-01 00:00+00') TO ('2026-05-01 00:00+00');
CREATE TABLE audit.row_change_2026_05 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-05-01 00:00+00') TO ('2026-06-01 00:00+00');
CREATE TABLE audit.row_change_2026_06 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-06-01 00:00+00') TO ('2026-07-01 00:00+00');
CREATE TABLE audit.row_change_2026_07 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-07-01 00:00+00') TO ('2026-08-01 00:00+00');
CREATE TABLE audit.row_change_2026_08 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-08-01 00:00+00') TO ('2026-09-01 00:00+00');
CREATE TABLE audit.row_change_2026_09 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-09-01 00:00+00') TO ('2026-10-01 00:00+00');
CREATE TABLE audit.row_change_2026_10 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-10-01 00:00+00') TO ('2026-11-01 00:00+00');
CREATE TABLE audit.row_change_2026_11 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-11-01 00:00+00') TO ('2026-12-01 00:00+00');
CREATE TABLE audit.row_change_2026_12 PARTITION OF audit.row_change
    FOR VALUES FROM ('2026-12-01 00:00+00') TO ('2027-01-01 00:00+00');

-- A forgotten partition must not stop a payment from being taken.
CREATE TABLE audit.row_change_default PARTITION OF audit.row_change DEFAULT;

CREATE INDEX row_change_table_idx ON audit.row_change (schema_name, table_name, changed_at);

CREATE FUNCTION audit.record_row_change() RETURNS trigger
LANGUAGE plpgsql
-- Modules may write through the trigger without any right on the log itself.
SECURITY DEFINER
SET search_path = pg_catalog
AS $$
BEGIN
    INSERT INTO audit.row_change (schema_name, table_name, operation, actor, old_row, new_row)
    VALUES (
        TG_TABLE_SCHEMA,
        TG_TABLE_NAME,
        TG_OP,
        nullif(current_setting('casebook.actor', true), ''),
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END
    );
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION audit.record_row_change() IS
    'AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW trigger for tables whose history an auditor may ask for.';
