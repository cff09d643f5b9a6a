"""Pages that a contract lists: behind the link of a text, or behind the code of a document.

They look like all pages. They know no visitor, set no cookie and have no way into the rest of a site: their address is
all that their reader has. The language stands in the address too (`?lang=en`).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from pages.headers import page_headers
from pages.rendering import EMPTY_FRAME, Rendering
from pages.words import AR, EN
from saudi.bilingual import Bilingual

if TYPE_CHECKING:
    from chassis.http.problems import ErrorRequest, Problem

Answer = tuple[bytes, int, dict[str, str]]
# The address holds a secret: it goes into no referrer, no cache and no index.
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# A form that the contract doesn't allow, a form that is too large, another media type.
_REFUSING = {400, 413, 415}
# An address that the contract doesn't allow, an unknown address, an unknown method.
_UNKNOWN = {400, 404, 405}
_REFUSED = Bilingual(
    "لم يُقبل ما أرسلتموه. عودوا إلى الصفحة السابقة وصححوه أو اختصروه، ثم أرسلوه من جديد.",
    "The form was not accepted. Go back, correct it or make it shorter, and send it again.",
)
# A limit refuses before anything is done.
_TOO_MANY = Bilingual(
    "وصلت من جهازكم أو شبكتكم طلبات كثيرة في وقت قصير. لم يتغير شيء؛ أعيدوا المحاولة بعد {wait}.",
    "Too many requests came from your device or network in a short time. Nothing has changed; try again in {wait}.",
)
_LATER = Bilingual(
    "تعذر فتح الصفحة الآن. أعيدوا المحاولة بعد قليل.",
    "The page cannot be shown now. Try again shortly.",
)


class LinkPages:
    """The pages of a service. `package` and `folder`: where its templates are; `texts`: their words."""

    def __init__(
        self, package: str, texts: Sequence[Path], *, folder: str = "api/templates"
    ) -> None:
        self._package, self._texts, self._folder = package, texts, folder

    def show(
        self,
        template: str,
        language: str | None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> Answer:
        """Returns a page in Arabic, or in English where the address asks for it."""
        chosen = EN if language == EN else AR
        toggle = f"?lang={EN if chosen == AR else AR}"
        frame = {**EMPTY_FRAME, "home": None, "toggle": toggle}
        html = self._rendering.render(template, chosen, **{**frame, **context})
        sent = {**page_headers(chosen), **_HEADERS, **(headers or {})}
        return html.encode(), status, sent

    @cached_property
    def _rendering(self) -> Rendering:
        return Rendering(self._package, self._texts, self._folder)


class Trouble(StrEnum):
    """Why no operation answered: the link opens nothing, the form was refused, or a later try may succeed."""

    UNKNOWN = "unknown"
    REFUSED = "refused"
    LATER = "later"


def trouble_of(problem: "Problem", asked: "ErrorRequest") -> Trouble:
    """Returns what a page says of a problem. A link that opens a page is right, so a refused form isn't the link's
    fault. A conflict, too many requests and an absent database pass."""
    if problem.status in _REFUSING and asked.method == "POST":
        return Trouble.REFUSED
    return Trouble.UNKNOWN if problem.status in _UNKNOWN else Trouble.LATER


def explain_trouble(problem: "Problem", asked: "ErrorRequest", *, unknown: Bilingual) -> Bilingual:
    """Returns what a page says of a problem, in words. `unknown`: the words for a link that opens nothing."""
    if wait := problem.params.get("wait"):
        return Bilingual(_TOO_MANY.ar.format(wait=wait["ar"]), _TOO_MANY.en.format(wait=wait["en"]))
    words = {Trouble.UNKNOWN: unknown, Trouble.REFUSED: _REFUSED, Trouble.LATER: _LATER}
    return words[trouble_of(problem, asked)]


def asked_language(asked: "ErrorRequest") -> str | None:
    """Returns the language that the address of a failed request asks for."""
    return next(iter(parse_qs(asked.query).get("lang", ())), None)
