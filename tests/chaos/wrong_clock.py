"""A process with a wrong clock: `python -m tests.chaos.wrong_clock SECONDS SERVICE KIND`."""

import sys
from datetime import UTC, datetime, timedelta

from shared.database import utc


def main() -> None:
    """Set the product's clock wrong before anything else is loaded, and do what `flask` would."""
    seconds, service, kind = sys.argv[1:]
    offset = timedelta(seconds=int(seconds))
    utc.now = lambda: datetime.now(UTC) + offset
    from flask.cli import main as flask

    sys.argv = ["flask", "--app", f"services.{service}", kind]
    flask()


if __name__ == "__main__":
    main()
