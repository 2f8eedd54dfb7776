"""What can happen, one function each: load, decide with a rule, change, say so, commit once."""
