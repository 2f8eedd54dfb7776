"""Refuses forms that another site makes a browser send.

Browsers say where a request comes from (Fetch Metadata, and Origin before it). Registrants have no
cookies with us, so there is nothing for another site to ride on; this keeps it from using its
visitors' browsers to register people all the same.
"""

from urllib.parse import urlsplit

from flask import abort, current_app, request


def refuse_other_sites() -> None:
    """End the request with 403 where the browser says that another site sent it."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        allowed = site in ("same-origin", "none")
    elif (origin := request.headers.get("Origin")) == "null":
        # A browser without Fetch Metadata, on a page whose policy is no-referrer, as ours is. The key in the form, or
        # the token in its address, shows that the page was ours.
        allowed = request.referrer is None
    else:
        ours = (request.host, urlsplit(current_app.config["PUBLIC_URL"]).netloc)
        allowed = origin is None or urlsplit(origin).netloc in ours
    if not allowed:
        abort(403)
