DROP FUNCTION payments.fee_in_force(text, date);
