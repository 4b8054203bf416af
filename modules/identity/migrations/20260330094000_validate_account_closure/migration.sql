-- Two weeks on: the service that closed accounts without a date has been replaced everywhere.
ALTER TABLE identity.user_account VALIDATE CONSTRAINT user_account_closed_has_date;
