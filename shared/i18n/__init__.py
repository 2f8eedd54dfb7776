"""Dates and words in the reader's language."""
