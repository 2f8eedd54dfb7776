"""Dates and times in words, in British English."""
