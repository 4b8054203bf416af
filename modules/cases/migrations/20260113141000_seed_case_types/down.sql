DELETE FROM cases.case_type WHERE code IN ('HSG', 'DIS', 'CAR', 'LIC', 'APL', 'GEN');
