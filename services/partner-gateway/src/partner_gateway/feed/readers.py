"""The readers of the feed: their audiences, and the sealed place of a reader's last change.

An audience is a text that a change names and a reader has. A cursor is bound to the organisation and knows no time:
it's good as long as the changes behind it are kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.access.auth import Caller
from chassis.core.refusals import InvalidFields, Refusal
from chassis.data.sealing import CannotUnseal, Sealer

# The audience of the governorate's municipality, which hears of what every municipality does.
EVERY_MUNICIPALITY = "municipalities"
GOVERNORATE_KIND, BRANCH_KIND = "municipality", "affiliated_municipality"
PARTNER_KIND = "partner"
_PARTNER = "partner/"


def municipality(code: str) -> tuple[str, str]:
    """Returns the audiences of a municipality's own things: itself, and the municipality of Qatif."""
    return f"municipality/{code}", EVERY_MUNICIPALITY


def partner(organisation: str) -> str:
    """Returns the audience of a partner."""
    return f"{_PARTNER}{organisation}"


def is_partner(audience: str) -> bool:
    """Returns whether an audience is a partner, which reads within a grant."""
    return audience.startswith(_PARTNER)


def audience_of(kind: str, organisation: str, attributes: Mapping[str, str]) -> str:
    """Returns the audience that the people and systems of an organisation belong to. The municipality is that of the
    registration, which the token carries."""
    if kind == GOVERNORATE_KIND:
        return EVERY_MUNICIPALITY
    if kind == BRANCH_KIND and "municipality" in attributes:
        return f"municipality/{attributes['municipality']}"
    return partner(organisation)


NOW = "now"
_HEAD = text("SELECT first, last FROM feed_head WHERE audience = :audience")


class EventsGone(Refusal):
    """The reader can't go on from the place. `code`: `expired`, or `ahead` of all that's kept, after a restored
    backup."""

    problem = "events-gone"

    def __init__(self, code: str, days: int) -> None:
        super().__init__(days=days)
        self.code = code


@dataclass(frozen=True)
class Reader:
    """An organisation that reads the feed as part of an audience."""

    organisation: str
    audience: str

    @classmethod
    def of(cls, caller: Caller) -> "Reader":
        kind, attributes = caller.organisation_kind, caller.attributes
        return cls(caller.organisation, audience_of(kind, caller.organisation, attributes))

    @property
    def bound(self) -> str:
        return f"feed/{self.organisation}/{self.audience}"


class Cursors:
    """Seals and opens places. `days`: how long changes are kept, for the refusal's text."""

    def __init__(self, sealer: Sealer, days: int) -> None:
        self._sealer = sealer
        self.days = days

    def issue(self, reader: Reader, place: int) -> str:
        return self._sealer.seal_text(str(place), reader.bound)

    def read(self, reader: Reader, cursor: str) -> int:
        """Raises InvalidFields on `after` for a cursor that's forged or another organisation's."""
        try:
            return int(self._sealer.unseal_text(cursor, reader.bound))
        except (CannotUnseal, ValueError):
            raise InvalidFields.of("after", "cursor") from None

    def check(self, place: int, first: int, last: int) -> None:
        """Raises EventsGone when not all that follows the place is there."""
        if place + 1 < first:
            raise EventsGone("expired", self.days)
        if place > last:
            raise EventsGone("ahead", self.days)


def head_of(session: Session, audience: str) -> tuple[int, int]:
    """Returns the first place that's kept and the last place that's given; (1, 0) for an audience without changes."""
    row = session.execute(_HEAD, {"audience": audience}).one_or_none()
    return (row.first, row.last) if row else (1, 0)
