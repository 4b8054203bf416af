-- What belongs to no module, as it should be: extensions, shared types, the trigger function and the change log.

-- Every module may count on these four. All are "trusted" and come with the server's own package, so a new
-- environment needs neither a superuser nor an extra download. They live in public because that is the one
-- schema on everybody's search_path: operators cannot be called by a qualified name without pain.
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- Scalars in exclusion constraints: "one caseworker per case at any time", "one price per fee on any day".
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

-- Types that more than one team stores. A domain keeps the rule in one place; tightening it later means one
-- migration here instead of one in each module.

-- Deliberately loose: the only real test of an address is a message that arrives.
CREATE DOMAIN public.email_address AS public.citext
    CONSTRAINT email_address_shape CHECK (
        VALUE::text ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' AND length(VALUE::text) <= 254
    );
COMMENT ON DOMAIN public.email_address IS 'Compared without case, stored as the user typed it.';

-- Whole pence, because fees are set in pence and sums of floats do not reconcile.
CREATE DOMAIN public.pence AS bigint
    CONSTRAINT pence_not_negative CHECK (VALUE >= 0);
COMMENT ON DOMAIN public.pence IS 'An amount of money in pence, never negative. A difference of two amounts is a bigint.';

-- In the database rather than in the services: three of them write to the same tables, and a correction made
-- by hand at 2 a.m. must move updated_at as well.
CREATE FUNCTION public.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
    -- An update that changes nothing is not a change; caches keyed on updated_at rely on this.
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.touch_updated_at() IS
    'BEFORE UPDATE FOR EACH ROW trigger for any table with a column updated_at.';

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

-- The first quarter of 2027, a season early: by then the default partition would have to be scanned, under
-- lock, for rows that belong in the new ones.
CREATE TABLE audit.row_change_2027_01 PARTITION OF audit.row_change
    FOR VALUES FROM ('2027-01-01 00:00+00') TO ('2027-02-01 00:00+00');
CREATE TABLE audit.row_change_2027_02 PARTITION OF audit.row_change
    FOR VALUES FROM ('2027-02-01 00:00+00') TO ('2027-03-01 00:00+00');
CREATE TABLE audit.row_change_2027_03 PARTITION OF audit.row_change
    FOR VALUES FROM ('2027-03-01 00:00+00') TO ('2027-04-01 00:00+00');
