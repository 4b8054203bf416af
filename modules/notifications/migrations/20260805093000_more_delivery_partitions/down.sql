DROP TABLE notifications.delivery_2026_12;
DROP TABLE notifications.delivery_2026_11;
DROP TABLE notifications.delivery_2026_10;
DROP TABLE notifications.delivery_2026_09;
