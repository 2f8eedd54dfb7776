"""Shows a mail's HTML inside one of our pages, with no power to do anything there."""

from flask import Response

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
POLICY = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox {SANDBOX}"
LINKS_OPEN_OUTSIDE = '<head>\n<base target="_blank">'


def sandboxed(html: str) -> Response:
    """The HTML as a page for a frame: no script runs, nothing is loaded, and links open outside."""
    shown = html.replace("<head>", LINKS_OPEN_OUTSIDE, 1)
    return Response(shown, mimetype="text/html", headers={"Content-Security-Policy": POLICY})
