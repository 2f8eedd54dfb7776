CREATE DATABASE registration;
CREATE DATABASE calendar;
CREATE DATABASE notifications;
