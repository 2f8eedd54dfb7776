"""Everything on one machine: `make run`, its data folder and its backups."""
