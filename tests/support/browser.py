"""An organiser at a browser."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Browser:
    """Opens pages of the console and sends the forms on them, with what they hide."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def page(self, path: str) -> str:
        """A page's text."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.status
        return answer.text

    def hidden(self, path: str, action: str | None = None) -> dict[str, str]:
        """What the form on a page hides: that which goes to `action`, or the first in the page's main part."""
        main = self.page(path).partition("<main")[2]
        form = main.partition(f'action="{action}"')[2] if action else main
        return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', form.partition("</form>")[0]))

    def send(self, path: str, **typed: Any) -> TestResponse:
        """Send a form."""
        return self.client.post(path, data=typed)
