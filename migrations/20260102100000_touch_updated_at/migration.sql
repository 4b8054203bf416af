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
