-- Two services chose the price by "the newest row", and charged next year's fee as soon as it was entered.
CREATE FUNCTION payments.fee_in_force(fee text, on_day date) RETURNS public.pence
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT a.amount
    FROM payments.fee_amount AS a
    WHERE a.fee_code = fee
      AND a.in_force @> on_day;
END;
COMMENT ON FUNCTION payments.fee_in_force(text, date) IS 'The price of a fee on a day; null if it was not charged then.';
