"""The demo: one programme with two cohorts, and the webinar that leads to them."""
