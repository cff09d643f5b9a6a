"""The page that a telephone's camera opens from a document's code: what the code shows, and the state today.

The page names no owner.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages.link_pages import Answer, LinkPages, asked_language, trouble_of
from saudi.bilingual import Bilingual

if TYPE_CHECKING:
    from chassis.http.problems import ErrorRequest, Problem

# Labels and values that stand on the paper and not in its code, such as a shop's name: by them one sees a true code on
# another's paper. A value that its owner wrote in Arabic alone has no English.
PrintedRows = Sequence[tuple[Bilingual, Mapping[str, str | None]]]
_FOLDER = Path(__file__).parent / "templates"


class Pages:
    """`titles`: kind → what such a document is called; what `issuer()` answers stands at the foot."""

    def __init__(self, issuer: Callable[[], Bilingual], titles: Mapping[str, Bilingual]) -> None:
        self._issuer, self._titles = issuer, titles
        self._pages = LinkPages("documents", [_FOLDER / "texts.json"], folder="issuing/templates")

    def document(
        self,
        facts: Mapping[str, Any],
        rows: PrintedRows,
        valid: bool,
        title: Mapping[str, str],
        language: str | None,
    ) -> Answer:
        """Returns the page of a document that was made here. `title` says its state today."""
        return self._pages.show(
            "document.html",
            language,
            facts=facts,
            rows=[(label.pair(), value) for label, value in rows],
            kind=self._titles[facts["kind"]],
            valid=valid,
            state=title,
            issuer=self._issuer(),
        )

    def unknown(self, language: str | None) -> Answer:
        """Returns the page for an address that no document has."""
        return self._pages.show("explained.html", language, status=404, said="unknown")

    def trouble(self, problem: "Problem", asked: "ErrorRequest") -> Answer:
        """Returns the page for a request that no operation answered: another path, too many of them, a database that's
        away."""
        return self._pages.show(
            "explained.html",
            asked_language(asked),
            status=problem.status,
            headers=problem.headers,
            said=trouble_of(problem, asked),
        )
