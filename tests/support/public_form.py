"""A visitor who fills in the public form, without a browser."""

import re

from flask.testing import FlaskClient


def fill_in(client: FlaskClient, event: str, name: str = "ada", **typed: str) -> dict[str, str]:
    """The fields of a good form, with the key of a page that was just opened."""
    page = client.get(f"/events/{event}").text
    form_key = re.findall(r'name="form_key" value="([^"]+)"', page)[0]
    given = {"name": name.title(), "email": f"{name}@example.org", "consents": "privacy", "form_key": form_key}
    return given | typed
