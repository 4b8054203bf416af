-- Fails with the count, not the postcodes: this text ends up in a build log.
DO $$
DECLARE
    unreadable bigint;
BEGIN
    SELECT count(*) INTO unreadable
    FROM onboarding.onboarding_submission
    WHERE postcode !~ '^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$';

    IF unreadable > 0 THEN
        RAISE EXCEPTION '% submissions have a postcode that only a person can correct', unreadable;
    END IF;
END;
$$;
