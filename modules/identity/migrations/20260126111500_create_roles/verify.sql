DO $$
DECLARE
    missing text;
BEGIN
    SELECT string_agg(code, ', ' ORDER BY code) INTO missing
    FROM unnest(ARRAY['applicant', 'representative', 'caseworker', 'case_manager', 'decision_maker', 'finance', 'auditor']) AS code
    WHERE code NOT IN (SELECT r.code FROM identity.role AS r);

    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'roles that the services name are missing: %', missing;
    END IF;
END;
$$;
