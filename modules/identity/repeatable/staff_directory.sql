-- What other teams may show of a member of staff: no address, no sign-in data.
CREATE OR REPLACE VIEW identity.staff_directory AS
SELECT u.id,
       u.full_name,
       array_agg(r.code ORDER BY r.code) AS roles
FROM identity.user_account AS u
JOIN identity.user_role AS ur ON ur.user_id = u.id
JOIN identity.role AS r ON r.code = ur.role_code AND r.is_staff
WHERE u.status = 'active'
  AND (ur.expires_at IS NULL OR ur.expires_at > now())
GROUP BY u.id, u.full_name;
