"""One function for each thing that can happen: load, decide with a rule, change, record, notify. The caller commits."""
