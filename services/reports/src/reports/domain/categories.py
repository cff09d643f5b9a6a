"""The category tree: the types of reports, each with its department, service time and extra fields.

The tree is data, contracts/reference/report-categories.yaml; a report bears the code of a type, the third level.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from reports.domain.clock import ClockKind, ServiceTime
from saudi.bilingual import Bilingual


@dataclass(frozen=True)
class Choice:
    """A value of a list field."""

    key: str
    words: Bilingual


@dataclass(frozen=True)
class ExtraField:
    """An extra field of a type. `datatype`: a datatype of Open311's attributes."""

    code: str
    words: Bilingual
    datatype: str
    required: bool
    values: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Group:
    """A category of the first or second level."""

    code: str
    words: Bilingual


@dataclass(frozen=True)
class Category:
    """A type of reports: the third level, beneath `group` and `kind`.

    `public`: anybody may read such reports. `alert`: a report is urgent, and the duty officer is notified at once.
    `batch`: Open311 answers with a token first.
    """

    code: str
    words: Bilingual
    group: Group
    kind: Group
    department: str
    service_time: ServiceTime
    public: bool
    after_photo: bool = False
    alert: bool = False
    batch: bool = False
    fields: tuple[ExtraField, ...] = ()

    @property
    def codes(self) -> tuple[str, str, str]:
        """Returns the codes of the three levels, the lowest first."""
        return self.code, self.kind.code, self.group.code


@dataclass(frozen=True)
class Referral:
    """A rule: reports of a category of any level, in a branch or in all branches, go to a department."""

    category: str
    department: str
    municipality: str | None = None


@dataclass(frozen=True)
class Catalogue:
    """The tree, its departments, the outside bodies and the rules of referral, by their codes. `duty_fallback`: the
    department with the duty officer who stands in. `contractors`: empty while no list is known."""

    categories: Mapping[str, Category]
    departments: Mapping[str, Bilingual]
    outside_bodies: Mapping[str, Bilingual]
    duty_fallback: str
    referrals: Sequence[Referral] = field(default=())
    contractors: Mapping[str, Bilingual] = field(default_factory=dict)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Catalogue":
        """Reads the document of the file. Raises ValueError for a repeated or dangling code."""
        categories = [
            _read_category(
                leaf,
                Group(group["code"], _read_words(group)),
                Group(kind["code"], _read_words(kind)),
            )
            for group in document["groups"]
            for kind in group["kinds"]
            for leaf in kind["types"]
        ]
        catalogue = cls(
            {one.code: one for one in categories},
            {one["code"]: _read_words(one) for one in document["departments"]},
            {one["code"]: _read_words(one) for one in document["outside_bodies"]},
            document["duty_fallback"],
            tuple(Referral(**one) for one in document["referrals"]),
            {one["code"]: _read_words(one) for one in document["contractors"]},
        )
        if len(catalogue.categories) < len(categories):
            raise ValueError("a category's code stands twice")
        named = {one.department for one in categories}
        named |= {rule.department for rule in catalogue.referrals} | {catalogue.duty_fallback}
        if unknown := named - catalogue.departments.keys():
            raise ValueError(f"no such department: {sorted(unknown)}")
        if unknown := {one.category for one in catalogue.referrals} - catalogue.levels:
            raise ValueError(f"no such category: {sorted(unknown)}")
        return catalogue

    @cached_property
    def levels(self) -> frozenset[str]:
        """Returns the codes of all three levels."""
        return frozenset(code for one in self.categories.values() for code in one.codes)

    def types_beneath(self, code: str) -> frozenset[str]:
        """Returns the types of a category of any level; none for an unknown code."""
        return frozenset(one.code for one in self.categories.values() if code in one.codes)

    def knows_contractor(self, code: str) -> bool:
        """Returns whether a contractor of this code may get work."""
        return not self.contractors or code in self.contractors

    def department_of(self, category: Category, municipality: str) -> str:
        """Returns the department for a type in a branch: the rule of the lowest level, where a rule for the branch goes
        first; else the department of the type."""
        for code in category.codes:
            for branch in (municipality, None):
                for rule in self.referrals:
                    if (rule.category, rule.municipality) == (code, branch):
                        return rule.department
        return category.department


def _read_words(document: Mapping[str, Any]) -> Bilingual:
    return Bilingual(document["ar"], document["en"])


def _read_category(leaf: Mapping[str, Any], group: Group, kind: Group) -> Category:
    time = leaf["service_time"]
    return Category(
        code=leaf["code"],
        words=_read_words(leaf),
        group=group,
        kind=kind,
        department=leaf["department"],
        service_time=ServiceTime(ClockKind(time["clock"]), time.get("hours"), time.get("days")),
        public=leaf["public"],
        after_photo=leaf.get("after_photo", False),
        alert=leaf.get("alert", False),
        batch=leaf.get("batch", False),
        fields=tuple(_read_field(one) for one in leaf.get("fields", ())),
    )


def _read_field(document: Mapping[str, Any]) -> ExtraField:
    values = tuple(Choice(one["key"], _read_words(one)) for one in document.get("values", ()))
    return ExtraField(
        document["code"], _read_words(document), document["datatype"], document["required"], values
    )
