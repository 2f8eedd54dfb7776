"""The database under a service: sessions, ids, UTC datetimes, migrations and deferred inserts."""
