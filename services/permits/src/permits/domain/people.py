"""Looking for a person: by a whole number, or by whole parts of a name, at least two; and how often."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Self

from chassis.core.refusals import Fault, InvalidFields, read_field
from saudi.finding import MIN_NAME_PARTS, asked_name_parts
from saudi.ids import IdType, parse_id
from saudi.text import compact

_TYPES = {"1": IdType.NATIONAL_ID, "2": IdType.IQAMA, "7": IdType.UNIFIED_NUMBER}
HOUR, DAY = 3_600, 86_400


class Look(StrEnum):
    """How somebody looks for a person, or at a person's numbers."""

    ID = "id"
    NAME = "name"
    REVEAL = "reveal"
    DISCLOSURE = "disclosure"
    FILE = "file"


LOOK_TITLES = {
    Look.ID: ("بحث برقم الهوية", "Search by number"),
    Look.NAME: ("بحث بالاسم", "Search by name"),
    Look.REVEAL: ("إظهار أرقام الهوية والجوال", "Identity and mobile numbers shown"),
    Look.DISCLOSURE: ("إبلاغ المالك بمن بحث عنه", "The owner was told who had looked"),
    Look.FILE: ("الاطلاع على ملف مرفق", "Attached file read"),
}


@dataclass(frozen=True)
class Limits:
    """How often one person may look within some branches (None: all) and dates, `until` being the last day; looking for
    more than `alarm_people_per_hour` different people in an hour is to be looked at."""

    branches: frozenset[str] | None
    per_hour: int
    per_day: int
    alarm_people_per_hour: int
    since: date
    until: date | None

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """Reads limits of reference/person-searches.yaml."""
        branches, until = written["branches"], written["until"]
        return cls(
            frozenset(branches) if branches is not None else None,
            written["per_hour"],
            written["per_day"],
            written["alarm_people_per_hour"],
            date.fromisoformat(written["since"]),
            date.fromisoformat(until) if until else None,
        )

    def covers(self, branch: str, on: date) -> bool:
        """Returns whether the limits cover branch and day."""
        here = self.branches is None or branch in self.branches
        return here and self.since <= on <= (self.until or date.max)


def limits_of(rules: Iterable[Limits], branch: str, on: date) -> Limits:
    """Returns the last limits that cover branch and day. Without limits nobody may search."""
    found = [rule for rule in rules if rule.covers(branch, on)]
    return found[-1] if found else Limits(None, 0, 0, 0, on, on)


@dataclass(frozen=True)
class Sought:
    """`kind` is id or name; exactly one of the others is there."""

    kind: Look
    number: str | None = field(default=None, repr=False)
    parts: tuple[str, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """Returns the text of which the record keeps the keyed hash. The same person, asked for in another order,
        has the same text."""
        return self.number or " ".join(sorted(self.parts))


def parse_search(data: Mapping[str, Any]) -> Sought:
    """Parses the contract's `PersonSearch`. Raises InvalidFields."""
    number, name = data.get("id_number"), data.get("name")
    if (number is None) == (name is None):
        raise InvalidFields([Fault("id_number", "one-of-two"), Fault("name", "one-of-two")])
    if number is not None:
        return Sought(Look.ID, number=number_of(number))
    parts = tuple(asked_name_parts(str(name)))
    if len(parts) < MIN_NAME_PARTS:
        raise InvalidFields.of("name", "name-parts")
    return Sought(Look.NAME, parts=parts)


def number_of(written: str) -> str:
    """Returns a whole number of a person or an establishment as it is compared. Raises InvalidFields."""
    kind = _TYPES.get(compact(written)[:1], IdType.BORDER_NUMBER)
    return read_field("id_number", parse_id, kind, written)
