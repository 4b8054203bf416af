-- "Overdue" was worked out in three services, and they disagreed about weekends. Now it is worked out once, when
-- the case is submitted: a later change of the law does not move the date a person was promised.
-- strata: lock-timeout 2s
ALTER TABLE cases.case_file
    ADD COLUMN due_on date,
    ADD CONSTRAINT case_file_due_when_submitted CHECK (submitted_at IS NULL OR due_on IS NOT NULL) NOT VALID;
COMMENT ON COLUMN cases.case_file.due_on IS
    'Day by which the decision is due. Set by trigger on submission; staff may extend it.';

CREATE FUNCTION cases.set_due_on() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
    IF NEW.submitted_at IS NOT NULL AND NEW.due_on IS NULL THEN
        -- 180 days is the service's own promise where the law names no limit.
        SELECT (NEW.submitted_at AT TIME ZONE 'Europe/London')::date + coalesce(t.statutory_days, 180)
        INTO NEW.due_on
        FROM cases.case_type AS t
        WHERE t.code = NEW.case_type;
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER case_file_due_on BEFORE INSERT OR UPDATE OF submitted_at, due_on ON cases.case_file
    FOR EACH ROW EXECUTE FUNCTION cases.set_due_on();
