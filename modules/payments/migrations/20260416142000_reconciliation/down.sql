DROP TABLE payments.reconciliation_line;
DROP TABLE payments.reconciliation_batch;
