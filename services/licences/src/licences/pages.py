"""The page that a telephone's camera opens from a document's code: what the code shows, and the state today. Arabic
first, English beneath it. No script, nothing from elsewhere, no owner."""

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

import jinja2

Answer = tuple[bytes, int, dict[str, str]]
STYLE = (
    "*{box-sizing:border-box}"
    "body{margin:0;font:1.125rem/1.8 'IBM Plex Sans Arabic','Noto Sans Arabic',system-ui,sans-serif;"
    "color:#161616;background:#f3f4f6}"
    "main,footer{max-width:36rem;margin-inline:auto;padding:1rem}"
    "main{background:#fff;margin-block:1.5rem;border-radius:.5rem;border-block-start:.375rem solid #14573a}"
    "main.bad{border-block-start-color:#b42318}"
    "h1{font-size:1.5rem;line-height:1.4;margin-block:.5rem}h2{font-size:1.125rem;margin-block:.25rem}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin-block:.5rem}dt{color:#4d5761}"
    "dd{margin:0;font-weight:600}p{margin-block:.5rem}"
    "section{margin-block-start:1rem;padding-block-start:.75rem;border-block-start:1px solid #d2d6db}"
    "footer{font-size:.875rem;color:#4d5761}"
)
_KINDS = {
    "shop_licence": ("رخصة محل", "Shop licence"),
    "office_licence": ("رخصة مكتب هندسي", "Engineering office licence"),
    "professional_licence": ("رخصة مهنية", "Professional licence"),
}


def document(facts: Mapping[str, Any], state_today: str, title: Mapping[str, str]) -> Answer:
    """The page of a document that was made here."""
    shown = {
        "facts": facts,
        "kind": _KINDS[facts["kind"]],
        "valid": state_today == "valid",
        "state": title,
    }
    text = _template().render(style=STYLE, **shown)
    return text.encode(), 200, dict(HEADERS)


def unknown() -> Answer:
    """The page for an address that no document has."""
    text = _template().render(style=STYLE, facts=None, kind=None, valid=False, state=None)
    return text.encode(), 404, dict(HEADERS)


def trouble(status: int, headers: dict[str, str]) -> Answer:
    """The page for a request that no operation answered: another path, too many requests, a database that's away."""
    is_path = 400 <= status < 500 and status != 429
    name = "document.html" if is_path else "later.html"
    nothing = dict.fromkeys(("facts", "kind", "state"))
    text = _template(name).render(style=STYLE, valid=False, **nothing)
    return text.encode(), status, {**HEADERS, **headers}


@cache
def _template(name: str = "document.html") -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("licences"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template(name)


# The style of the page itself is all that a browser may use.
_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
