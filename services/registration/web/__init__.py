"""What the three interfaces share: forms, transactions, idempotency, rate limits and pages."""
