"""Serves a mail's HTML for a frame in one of our pages, without scripts or outside requests."""

from flask import Response

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
POLICY = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox {SANDBOX}"
LINKS_OPEN_OUTSIDE = '<head>\n<base target="_blank">'


def sandboxed(html: str) -> Response:
    """The HTML as a response for a frame: scripts do not run, nothing is loaded, and links open a new tab."""
    page = html.replace("<head>", LINKS_OPEN_OUTSIDE, 1)
    return Response(page, mimetype="text/html", headers={"Content-Security-Policy": POLICY})
