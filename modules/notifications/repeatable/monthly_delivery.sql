-- The figures of the service-level report. By the month of the attempt: a message tried again in the next month
-- is the next month's cost.
CREATE OR REPLACE VIEW notifications.monthly_delivery AS
SELECT date_trunc('month', d.attempted_at AT TIME ZONE 'UTC')::date AS month,
       d.channel,
       count(*) AS attempts,
       count(*) FILTER (WHERE d.status = 'delivered') AS delivered,
       count(*) FILTER (WHERE d.status IN ('bounced', 'failed')) AS lost
FROM notifications.delivery AS d
GROUP BY 1, 2;
