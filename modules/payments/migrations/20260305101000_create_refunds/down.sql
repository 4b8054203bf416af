DROP TABLE payments.refund;
DROP FUNCTION payments.check_refund_total();
