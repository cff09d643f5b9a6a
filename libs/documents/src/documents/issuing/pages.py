"""The page that a telephone's camera opens from a document's code: what the code shows, and the state today. Arabic
first, English beneath it. No script, nothing from elsewhere, no owner."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chassis.http.single_page import page_headers, page_template
from saudi.bilingual import Bilingual

if TYPE_CHECKING:
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
HEADERS = page_headers(STYLE)


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
        text: str = page_template("documents.issuing", name).render(
            style=STYLE, issuer=self._issuer(), **shown
        )
        return text.encode()
