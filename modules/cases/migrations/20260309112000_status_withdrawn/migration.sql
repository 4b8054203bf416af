-- Withdrawn cases were closed with a note saying so, and counted as decided in the quarterly figures. Before
-- 'closed', because lists sort by status and a withdrawn case is not yet archived.
ALTER TYPE cases.case_status ADD VALUE 'withdrawn' BEFORE 'closed';
