"""Calendar's decisions: pure functions, without web, database or queue."""
