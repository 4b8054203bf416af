-- Until now a person who left was "suspended", which read like an accusation in their own record. Alone in its
-- file: a new enum value cannot be used in the transaction that adds it.
ALTER TYPE identity.account_status ADD VALUE 'closed';
