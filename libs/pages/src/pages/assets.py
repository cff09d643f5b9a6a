"""The style sheet, the fonts and the icon, which every service with pages serves below `/assets`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import flask

STATIC = Path(__file__).parent / "static"
ASSETS = {
    "pages.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "done.js": "text/javascript; charset=utf-8",
    "once.js": "text/javascript; charset=utf-8",
    "passkey.js": "text/javascript; charset=utf-8",
    "position.js": "text/javascript; charset=utf-8",
    "scan.js": "text/javascript; charset=utf-8",
    **{file.name: "font/woff2" for file in sorted((STATIC / "fonts").glob("*.woff2"))},
}
_AN_HOUR, _A_YEAR = 3_600, 31_536_000


def mount_assets(app: "flask.Flask", _process: Any = None) -> None:
    """Adds the assets to a service's Flask; `Service(pages=…)` of the chassis can call it."""
    app.add_url_rule("/assets/<file>", "page.assets", _asset)


def _asset(file: str) -> "flask.Response":
    """Sends the sheet or a font. The sheet's content changes with a release, so browsers keep it for an hour."""
    import flask  # `work` serves nothing, and imports no web stack

    from chassis.http.problems import Problem

    if file not in ASSETS:
        raise Problem("not-found")
    is_font = file.endswith(".woff2")
    folder = STATIC / "fonts" if is_font else STATIC
    headers = {
        "Content-Type": ASSETS[file],
        "Cache-Control": f"public, max-age={_A_YEAR if is_font else _AN_HOUR}",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return flask.Response((folder / file).read_bytes(), 200, headers)
