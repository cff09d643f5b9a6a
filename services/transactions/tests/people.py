"""The people of the tests: clerks, departments, citizens. All sample data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from transactions.domain.access import Citizen

APPLICANT, NEIGHBOUR, SHOP, OTHER_SHOP = "1000000008", "1000000016", "7000000005", "7000000013"
MOBILE = "+966500000001"


@dataclass(frozen=True)
class Officer:
    """An officer, as the authorization server vouches for them."""

    subject: str
    municipality: str = "saihat"
    departments: str = ""
    scopes: frozenset[str] = frozenset()
    name: str | None = "موظف (بيانات تجريبية)"
    client_id: str = "desk"
    organisation: str | None = "saihat"

    @property
    def attributes(self) -> Mapping[str, str]:
        return {"municipality": self.municipality, "departments": self.departments}


def registrar(municipality: str) -> Officer:
    """Returns a clerk of a municipality's registry."""
    return Officer(
        f"p_clerk_{municipality}",
        municipality,
        "administrative-communications",
        frozenset(("transactions.enter",)),
    )


CLERK = registrar("saihat")
SURVEYOR = Officer("p_surveyor", departments="survey")
ENGINEER = Officer("p_engineer", departments="engineering")
STAFF_OFFICER = Officer("p_hr", departments="human-resources")
GOVERNORATE = replace(registrar("qatif"), departments="survey engineering human-resources")
SURVEYOR_ELSEWHERE = Officer("p_elsewhere", "tarout", "survey")


@dataclass(frozen=True)
class Person:
    """A citizen as the actor of a unit of work."""

    subject: str
    id_number: str
    establishments: frozenset[str] = frozenset()
    name: str | None = "بيانات تجريبية"
    client_id: str = "citizens-portal"
    organisation: str | None = None
    scopes: frozenset[str] = frozenset()
    attributes: Mapping[str, str] = field(default_factory=dict)

    def citizen(self) -> Citizen:
        return Citizen(
            subject=self.subject,
            id_number=self.id_number,
            name=self.name or "",
            mobile=MOBILE,
            establishments=self.establishments,
        )


OWNER = Person("c_owner", APPLICANT)
STRANGER = Person("c_stranger", NEIGHBOUR)
DELEGATE = Person("c_delegate", NEIGHBOUR, frozenset((SHOP,)))


def entry(**changes: Any) -> dict[str, Any]:
    """The body of an entry at a counter."""
    return {
        "kind": "survey-decision",
        "channel": "counter",
        "subject": "قرار مساحي (بيانات تجريبية)",
        "applicant": {
            "type": "person",
            "name": "بيانات تجريبية",
            "number": APPLICANT,
            "mobile": "0500000001",
        },
        **changes,
    }


def own_entry(**changes: Any) -> dict[str, Any]:
    """The body of a citizen's entry of a kind without papers."""
    return {
        "municipality": "saihat",
        "kind": "general-request",
        "subject": "طلب إنارة ممر (بيانات تجريبية)",
        **changes,
    }
