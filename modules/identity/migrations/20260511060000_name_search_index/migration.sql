-- The service desk searches by part of a name, often misspelt. Built while people sign in: the table is written
-- on every sign-in, and an ordinary build would keep them out for minutes.
-- strata: needs base/20260102090000_extensions
CREATE INDEX CONCURRENTLY user_account_full_name_trgm_idx
    ON identity.user_account USING gin (full_name public.gin_trgm_ops);
