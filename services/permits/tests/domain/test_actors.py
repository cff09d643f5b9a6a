"""The municipality for which an officer acts."""

from dataclasses import dataclass

import pytest

from permits.domain import actors


@dataclass(frozen=True)
class Somebody:
    municipality: str | None
    subject: str = "p_1"
    client_id: str = "portal"
    organisation: str | None = "qatif"
    name: str | None = None

    @property
    def attributes(self) -> dict[str, str]:
        return {} if self.municipality is None else {"municipality": self.municipality}


@pytest.mark.parametrize(
    ("own", "municipality", "allowed"),
    [
        ("qatif", "tarout", True),
        ("tarout", "tarout", True),
        ("safwa", "tarout", False),
        ("tarout", "qatif", False),
        (None, "tarout", False),
        ("", "tarout", False),
    ],
)
def test_a_branch_acts_for_itself_and_the_governorate_for_all(
    own: str | None, municipality: str, allowed: bool
) -> None:
    assert actors.acts_for(Somebody(own), municipality) is allowed


def test_who_stands_for_no_municipality_sees_nothing() -> None:
    assert actors.bound(Somebody("qatif")) is None
    assert actors.bound(Somebody("tarout")) == "tarout"
    assert actors.bound(Somebody(None)) == ""
