DROP TABLE cases.hearing;
DROP TYPE cases.hearing_format;
