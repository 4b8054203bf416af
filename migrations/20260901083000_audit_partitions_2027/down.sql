-- Only sensible before 2027: a partition takes its rows with it.
DROP TABLE audit.row_change_2027_03;
DROP TABLE audit.row_change_2027_02;
DROP TABLE audit.row_change_2027_01;
