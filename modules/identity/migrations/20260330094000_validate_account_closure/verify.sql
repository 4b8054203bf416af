DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'identity.user_account'::regclass
          AND conname = 'user_account_closed_has_date'
          AND convalidated
    ) THEN
        RAISE EXCEPTION 'user_account_closed_has_date is missing or not validated';
    END IF;
END;
$$;
