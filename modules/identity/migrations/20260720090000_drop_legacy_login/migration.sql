-- The old system was switched off on 30 June.
-- strata: lock-timeout 2s
-- strata: allow drop-column "old system is off since 2026-06-30; read by nothing since identity 1.5"
ALTER TABLE identity.user_account DROP COLUMN legacy_login;
