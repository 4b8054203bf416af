-- Finance opens the list of disputes every morning; it is a few hundred rows out of millions.
CREATE INDEX CONCURRENTLY payment_charged_back_idx
    ON payments.payment (updated_at)
    WHERE status = 'charged_back';
