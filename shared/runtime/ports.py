"""Ports of this machine."""

import random
import socket

BELOW_THOSE_LENT_OUT = range(20_000, 32_000)
"""Systems lend higher ports to whoever connects; one of ours could be lent out while its server starts again."""


def free_port() -> int:
    """A port that nobody listens on, and that nobody is given by chance. Raises OSError where there is none."""
    for port in random.sample(BELOW_THOSE_LENT_OUT, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("No port is free.")


def accepts(port: int) -> bool:
    """Whether somebody listens on a port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
