"""The whole product as real processes, under faults; and a judge of what became of each person."""
