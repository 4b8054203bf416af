DROP TABLE payments.remission;
