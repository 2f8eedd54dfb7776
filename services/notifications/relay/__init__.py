"""Sending to an SMTP relay: connections, limits, the circuit breaker and DKIM."""
