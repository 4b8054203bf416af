DROP TABLE cases.party;
DROP TYPE cases.party_role;
