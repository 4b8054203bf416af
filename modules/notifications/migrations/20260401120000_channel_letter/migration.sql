-- One applicant in nine has neither email nor a mobile telephone.
ALTER TYPE notifications.channel ADD VALUE 'letter';
