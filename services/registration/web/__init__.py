"""Shared by the three interfaces: forms, transactions, idempotency, rate limits and pages."""
