"""Rejects cross-site form posts.

Browsers send the origin of a request (Fetch Metadata, older ones Origin). Registrants have no cookies, so
another site could not act as them; but it could register people through its visitors' browsers.
"""

from urllib.parse import urlsplit

from flask import abort, current_app, request


def refuse_other_sites() -> None:
    """Abort with 403 where the browser's headers name another site."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        allowed = site in ("same-origin", "none")
    elif (origin := request.headers.get("Origin")) == "null":
        # A browser without Fetch Metadata sends null from a page with the policy no-referrer, as ours have. The form's
        # key, or the token in its URL, proves that the page is ours.
        allowed = request.referrer is None
    else:
        ours = (request.host, urlsplit(current_app.config["PUBLIC_URL"]).netloc)
        allowed = origin is None or urlsplit(origin).netloc in ours
    if not allowed:
        abort(403)
