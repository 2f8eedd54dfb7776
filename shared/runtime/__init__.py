"""How a service runs: settings, processes, logs and health."""
