ALTER TABLE notifications.message
    DROP CONSTRAINT message_payment_id_fkey,
    DROP COLUMN payment_id;
