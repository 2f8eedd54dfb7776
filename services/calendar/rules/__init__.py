"""What calendar decides: pure functions, without web, database or queue."""
