DROP TABLE cases.allocation;
