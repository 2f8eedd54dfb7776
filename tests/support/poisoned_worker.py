"""A worker of notifications that one mail kills, however often it is started; its leases are short."""

import os
from datetime import timedelta
from typing import Any

from services.notifications import create_app, handlers
from shared.messaging import inbox
from shared.runtime.worker import run_worker

POISON = "Poison Example"


def main() -> None:
    """Work until killed by a mail to POISON, or told to stop."""
    inbox.LEASE_TERM = timedelta(seconds=3)
    compose = handlers.__dict__["compose"]

    def compose_or_die(mail: Any, *given: Any) -> Any:
        if mail.notice.recipient.name == POISON:
            os._exit(9)
        return compose(mail, *given)

    handlers.__dict__["compose"] = compose_or_die
    app = create_app()
    run_worker([app], broker_url=app.config["BROKER_URL"], threads=2, shutdown_seconds=5)


if __name__ == "__main__":
    main()
