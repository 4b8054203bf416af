-- Per case and fee. A charge-back counts as never paid, a refund counts once it has been approved.
CREATE OR REPLACE VIEW payments.case_balance AS
SELECT p.case_id,
       p.fee_code,
       sum(p.amount) FILTER (WHERE p.status = 'succeeded') AS paid_pence,
       sum(r.refunded) FILTER (WHERE p.status = 'succeeded') AS refunded_pence,
       max(p.settled_at) AS last_settled_at
FROM payments.payment AS p
LEFT JOIN LATERAL (
    SELECT sum(f.amount) AS refunded
    FROM payments.refund AS f
    WHERE f.payment_id = p.id AND f.approved_at IS NOT NULL
) AS r ON true
GROUP BY p.case_id, p.fee_code;
