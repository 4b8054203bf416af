-- From the policy team's sheet of 12 January, pasted as exported (tab-separated, \N for "none"). Fees and
-- templates refer to these codes, so they are seeded by a migration and the same in every environment.
COPY cases.case_type (code, title, statutory_days, guidance) FROM stdin;
HSG	Housing allowance	56	Counts from the day the last document arrives; not from the first form.
DIS	Disability support	84	Ask for the medical report once -- a second request restarts nothing.
CAR	Carer's allowance	56	\N
LIC	Trader's licence	28	Decide without a hearing unless the applicant asks for one.
APL	Appeal against a decision	90	The caseworker of the first decision may not be allocated; see "Independence" in Q:\\Policy\\Appeals.
GEN	General enquiry	\N	\N
\.
