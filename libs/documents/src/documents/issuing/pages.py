"""The page that a telephone's camera opens from a document's code: what the code shows, and the state today. Arabic
first, English beneath it. No script, nothing from elsewhere, no owner."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from saudi.bilingual import Bilingual

if TYPE_CHECKING:
    import jinja2

    from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem

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


class Pages:
    """`titles`: kind → what such a document is called; what `issuer()` answers stands at the foot."""

    def __init__(self, issuer: Callable[[], Bilingual], titles: Mapping[str, Bilingual]) -> None:
        self._issuer, self._titles = issuer, titles

    def document(
        self,
        facts: Mapping[str, Any],
        rows: Sequence[tuple[Bilingual, Bilingual]],
        valid: bool,
        title: Mapping[str, str],
    ) -> Answer:
        """Returns the page of a document that was made here; `rows`: labels and values to compare besides; `title` says
        its state today."""
        kind = self._titles[facts["kind"]]
        text = self._render(
            "document.html", facts=facts, rows=rows, kind=kind, valid=valid, state=title
        )
        return text, 200, dict(HEADERS)

    def unknown(self) -> Answer:
        """Returns the page for an address that no document has."""
        return self._render("document.html", facts=None, valid=False), 404, dict(HEADERS)

    def trouble(self, problem: "Problem", _asked: "ErrorRequest") -> "ErrorAnswer":
        """Returns the page for a request that no operation answered: another path, too many of them, a database that's
        away."""
        status = problem.status
        is_path = 400 <= status < 500 and status != 429
        text = self._render("document.html" if is_path else "later.html", facts=None, valid=False)
        return text, status, {**HEADERS, **problem.headers}

    def _render(self, name: str, **shown: Any) -> bytes:
        text: str = _template(name).render(style=STYLE, issuer=self._issuer(), **shown)
        return text.encode()


@cache
def _template(name: str) -> "jinja2.Template":
    import jinja2  # `work` shows no page

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("documents.issuing"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
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
