"""Calendar's rules: pure functions that know no web, database or queue."""
