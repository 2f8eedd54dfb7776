"""Rules as pure functions: no Flask, no SQLAlchemy, no queue. A test can call each one directly."""
