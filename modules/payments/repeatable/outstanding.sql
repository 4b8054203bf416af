-- What a case still owes, in pence. The price is that of the day the case was submitted, remissions are rounded in
-- the applicant's favour, and an approved refund is money we no longer have.
CREATE OR REPLACE FUNCTION payments.outstanding(of_case uuid) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
    owed bigint;
    kept bigint;
BEGIN
    -- A renewal or an appeal is charged once the applicant has started to pay for it; before that it is an offer.
    SELECT coalesce(sum(floor(
               payments.fee_in_force(f.fee_code, (c.submitted_at AT TIME ZONE 'Europe/London')::date)
               * (100 - coalesce(m.percent, 0)) / 100.0)), 0)
    INTO owed
    FROM (SELECT DISTINCT p.case_id, p.fee_code FROM payments.payment AS p WHERE p.case_id = of_case) AS f
    JOIN cases.case_file AS c ON c.id = f.case_id
    LEFT JOIN payments.remission AS m ON m.case_id = f.case_id AND m.fee_code = f.fee_code;

    SELECT coalesce(sum(p.amount - coalesce(r.refunded, 0)), 0)
    INTO kept
    FROM payments.payment AS p
    LEFT JOIN LATERAL (
        SELECT sum(x.amount) AS refunded
        FROM payments.refund AS x
        WHERE x.payment_id = p.id AND x.approved_at IS NOT NULL
    ) AS r ON true
    WHERE p.case_id = of_case AND p.status = 'succeeded';

    RETURN greatest(owed - kept, 0);
END;
$$;

COMMENT ON FUNCTION payments.outstanding(uuid) IS 'What a case still owes, in pence. Never negative: overpayment is the business of refunds.';
