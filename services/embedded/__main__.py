"""`python -m services.embedded`: run Placecard on this machine until SIGTERM or Ctrl-C."""

import os

from services.embedded.supervisor import Embedded

if __name__ == "__main__":
    Embedded(dict(os.environ)).run()
