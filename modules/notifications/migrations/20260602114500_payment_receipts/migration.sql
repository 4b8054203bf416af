-- A receipt names the payment it is for, so that "send it again" finds it. Checked in 20260616090000, after the
-- release that fills the column has been out for two weeks.
-- strata: needs payments/20260202132000_create_payments
-- strata: lock-timeout 2s
ALTER TABLE notifications.message
    ADD COLUMN payment_id uuid,
    ADD CONSTRAINT message_payment_id_fkey
        FOREIGN KEY (payment_id) REFERENCES payments.payment (id) NOT VALID;
