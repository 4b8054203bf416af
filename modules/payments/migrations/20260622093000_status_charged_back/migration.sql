-- A payment taken back by the payer's bank is neither failed nor refunded: the fee is owed again, and the case
-- must stop.
ALTER TYPE payments.payment_status ADD VALUE IF NOT EXISTS 'charged_back' AFTER 'succeeded';
