-- Every module may count on these four. All are "trusted" and come with the server's own package, so a new
-- environment needs neither a superuser nor an extra download. They live in public because that is the one
-- schema on everybody's search_path: operators cannot be called by a qualified name without pain.
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- Scalars in exclusion constraints: "one caseworker per case at any time", "one price per fee on any day".
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;
