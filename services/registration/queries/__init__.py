"""Queries. They only read."""
