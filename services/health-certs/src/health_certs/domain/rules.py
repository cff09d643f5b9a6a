"""What a request is decided by, per municipality and day (contracts/reference/health-rules.yaml)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from saudi.money import parse_riyals

ORDINARY, SEASONAL, RENEWAL = "ordinary", "seasonal", "renewal"


@dataclass(frozen=True)
class Rules:
    """Those of a municipality on a day; `fees` in halalas. The file says what each is."""

    examination_days: int
    completion_days: int
    bill_days: int
    minimum_age: int
    residence_permit_checked: bool
    education_asked: bool
    valid_years: int
    fees: Mapping[str, int]
    oldest_examination_days: int
    renewal_days: int


@dataclass(frozen=True)
class Rulebook:
    """All versions; a municipality's say only what is other there."""

    versions: Sequence[tuple[str | None, date, Mapping[str, Any]]]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Rulebook":
        """Of the file."""
        found = [_version(one) for one in document["rules"]]
        return cls(sorted(found, key=lambda one: one[1]))

    def of(self, municipality: str, on: date) -> Rules:
        """Raises LookupError for a day before the first version."""
        named: dict[str, Any] = {}
        for whose in (None, municipality):
            for place, since, values in self.versions:
                if place == whose and since <= on:
                    named.update(values)
        if not named:
            raise LookupError(f"no rules for {on}")
        return Rules(**named)


def _version(one: Mapping[str, Any]) -> tuple[str | None, date, Mapping[str, Any]]:
    values = {name: value for name, value in one.items() if name not in ("municipality", "since")}
    if "fees" in values:
        values["fees"] = {kind: parse_riyals(fee) for kind, fee in values["fees"].items()}
    return one["municipality"], date.fromisoformat(one["since"]), values
