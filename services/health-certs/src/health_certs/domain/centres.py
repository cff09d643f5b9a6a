"""Medical centres, and on which days they were accredited (contracts/reference/medical-centres.yaml)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from saudi.bilingual import Bilingual


@dataclass(frozen=True)
class Span:
    """Days from `since` to `until`, the last one; None while no end is known."""

    since: date
    until: date | None

    def has(self, day: date) -> bool:
        """Whether the day lies within."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class Centre:
    """`organisation`: the code of its people and systems in identity, and its key here."""

    organisation: str
    words: Bilingual
    towns: Sequence[str]
    accredited: Sequence[Span]

    def is_accredited(self, on: date) -> bool:
        """Whether a result of an examination on the day counts."""
        return any(span.has(on) for span in self.accredited)


Centres = Mapping[str, Centre]


def read_centres(document: Mapping[str, Any]) -> Centres:
    """Of the file, by organisation."""
    return {one["organisation"]: _centre(one) for one in document["centres"]}


def _centre(one: Mapping[str, Any]) -> Centre:
    spans = [
        Span(date.fromisoformat(span["since"]), _day(span["until"])) for span in one["accredited"]
    ]
    return Centre(one["organisation"], Bilingual.read(one), one["towns"], spans)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
