"""All of Placecard on one machine: the supervisor of `make run`, its data folder and its backups."""
