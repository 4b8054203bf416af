DROP FUNCTION notifications.address_digest(text);
DROP TABLE notifications.suppression;
