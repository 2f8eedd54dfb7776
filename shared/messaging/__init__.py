"""Messages between services: the outbox owes them, a broker carries them, the inbox deduplicates them."""
