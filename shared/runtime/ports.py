"""Free and open TCP ports of this machine."""

import random
import socket

BELOW_EPHEMERAL = range(20_000, 32_000)
"""Below the ports that systems assign to outgoing connections, so that none takes ours while its server restarts."""


def free_port() -> int:
    """A port that no process listens on, below the ephemeral ones. Raises OSError if 100 tries find none."""
    for port in random.sample(BELOW_EPHEMERAL, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("No port is free.")


def accepts(port: int) -> bool:
    """True if a process listens on the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
