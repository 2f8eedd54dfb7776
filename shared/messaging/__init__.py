"""Messages between services: owed by an outbox, carried by a broker, received once by an inbox."""
