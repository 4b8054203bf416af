-- The body is parsed when it is created (BEGIN ATOMIC), so a later migration cannot drop a column it reads
-- without being told.
CREATE OR REPLACE FUNCTION identity.has_role(person uuid, wanted text) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM identity.user_role AS r
        JOIN identity.user_account AS u ON u.id = r.user_id
        WHERE r.user_id = person
          AND r.role_code = wanted
          AND u.status = 'active'
          AND (r.expires_at IS NULL OR r.expires_at > now())
    );
END;

COMMENT ON FUNCTION identity.has_role(uuid, text) IS
    'Whether an active account holds a role that has not expired. The only supported way to ask.';
