DROP TABLE identity.organisation_member;
DROP TABLE identity.organisation;
