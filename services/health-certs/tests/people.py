"""The people of the tests: a worker, a delegate of a shop, strangers, officers. All sample data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from health_certs.domain.access import Applicant

WORKER, SHOP, OTHER = "2000000006", "7000000005", "7000000013"


@dataclass(frozen=True)
class Actor:
    """Somebody who acts, as the authorization server vouches for them."""

    subject: str
    id_number: str = ""
    establishments: frozenset[str] = frozenset()
    name: str | None = "بيانات تجريبية"
    client_id: str = "citizens-portal"
    organisation: str | None = None
    mobile: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()

    def applicant(self) -> Applicant:
        return Applicant(
            subject=self.subject,
            id_number=self.id_number,
            name=self.name or "",
            establishments=self.establishments,
            mobile=self.mobile,
        )


HIMSELF = Actor("c_worker", WORKER, mobile="+966500000001")
DELEGATE = Actor("c_delegate", "1000000016", frozenset((SHOP,)), mobile="+966500000016")
STRANGER = Actor("c_stranger", "1000000024", frozenset((OTHER,)))
OFFICER = Actor(
    "p_officer",
    client_id="saihat-desk",
    organisation="saihat",
    attributes={"municipality": "saihat"},
)


def worker(**changes: Any) -> dict[str, Any]:
    """A resident whose name is known in Latin letters only."""
    return {
        "name": {"ar": None, "en": "Sample Worker"},
        "id_type": "iqama",
        "id_number": WORKER,
        "nationality": "IND",
        "birth_date": date(1994, 3, 2),
        "sex": "male",
        "mobile": "0500000001",
        "language": "en",
        **changes,
    }
