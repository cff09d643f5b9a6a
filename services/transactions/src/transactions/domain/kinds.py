"""Kinds of transactions: data with effective dates, `contracts/reference/transaction-kinds.yaml`, and departments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from saudi.bilingual import Bilingual


@dataclass(frozen=True)
class Rules:
    """What a kind asks from a day on. `papers`: the codes of the papers that the applicant hands in."""

    first_day: date
    department: str
    working_days: int
    answer_days: int
    papers: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of transactions. `rules`: the earliest first. `last_day`: None while the kind is taken."""

    code: str
    words: Bilingual
    online: bool
    confidential: bool
    rules: tuple[Rules, ...]
    last_day: date | None = None

    def is_taken(self, day: date) -> bool:
        """Returns whether a transaction of the kind may be entered on the day."""
        if self.last_day is not None and day > self.last_day:
            return False
        return day >= self.rules[0].first_day

    def rules_on(self, day: date) -> Rules:
        """Returns the rules of a day on which the kind is or was taken."""
        return [one for one in self.rules if one.first_day <= day][-1]


@dataclass(frozen=True)
class Catalogue:
    """Departments, papers and kinds by their codes. `registry`: the department that enters what arrives."""

    registry: str
    departments: Mapping[str, Bilingual]
    papers: Mapping[str, Bilingual]
    kinds: Mapping[str, Kind]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Catalogue":
        """Reads the document of kinds with the departments in it. Raises ValueError, as `check_kind` says."""
        catalogue = cls(
            document["registry"],
            {one["code"]: Bilingual.read(one) for one in document["departments"]},
            {one["code"]: Bilingual.read(one) for one in document["papers"]},
            {one["code"]: _read_kind(one) for one in document["kinds"]},
        )
        for kind in catalogue.kinds.values():
            catalogue.check_kind(kind)
        return catalogue

    def check_kind(self, kind: Kind) -> None:
        """Raises ValueError for an unknown department or paper, for rules out of order, and for a confidential kind
        that citizens enter."""
        days = [one.first_day for one in kind.rules]
        if days != sorted(set(days)):
            raise ValueError(f"the rules of {kind.code} aren't in the order of their days")
        named = {paper for one in kind.rules for paper in one.papers}
        if unknown := named - self.papers.keys():
            raise ValueError(f"no such paper: {sorted(unknown)}")
        if unknown := {one.department for one in kind.rules} - self.departments.keys():
            raise ValueError(f"no such department: {sorted(unknown)}")
        if kind.confidential and kind.online:
            raise ValueError(f"{kind.code}: nobody enters a confidential transaction on line")

    def taken_kinds(self, day: date) -> Sequence[Kind]:
        """Returns the kinds that are taken on the day."""
        return [one for one in self.kinds.values() if one.is_taken(day)]


def _read_kind(document: Mapping[str, Any]) -> Kind:
    until = document.get("until")
    return Kind(
        code=document["code"],
        words=Bilingual.read(document),
        online=document["online"],
        confidential=document.get("confidential", False),
        rules=tuple(_read_rules(one) for one in document["rules"]),
        last_day=date.fromisoformat(until) if until else None,
    )


def _read_rules(document: Mapping[str, Any]) -> Rules:
    return Rules(
        date.fromisoformat(document["from"]),
        document["department"],
        document["working_days"],
        document["answer_days"],
        tuple(document["papers"]),
    )
