"""The database of a service: sessions, ids, UTC datetimes, migrations and deferred inserts."""
