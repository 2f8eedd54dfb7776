"""Decisions as plain Python: no Flask, no SQLAlchemy, no queue. Each can be called from a test as it is."""
