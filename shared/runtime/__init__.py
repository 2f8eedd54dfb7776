"""The runtime of a service: settings, processes, logs and health."""
