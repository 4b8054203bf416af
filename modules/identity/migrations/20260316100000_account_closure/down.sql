ALTER TABLE identity.user_account
    DROP CONSTRAINT user_account_closed_has_date,
    DROP COLUMN closed_at;
