"""The token of a citizen, as identity gives it after the national login, for the tests of a service's `/v1/my/…`."""

from collections.abc import Callable
from typing import Any

import pytest

from chassis.access.persons import Person, Persons
from chassis.core.settings import Settings
from chassis.data.sealing import Keyring

NAME = "مستفيد (بيانات تجريبية)"


@pytest.fixture
def citizen_token(
    token: Callable[..., dict[str, str]], settings: Settings
) -> Callable[..., dict[str, str]]:
    """`citizen_token("1000000008", "my-permits.read", …, acts_for="7000000005 …", **claims)` → the header of the
    citizen with that number, who acts for these establishments and signed in with `mobile`."""
    key: Any = vars(settings)["person_key"]  # a service that reads the claim has it
    persons = Persons(Keyring.parse(key))

    def header(
        number: str, *scopes: str, mobile: str | None = None, **claims: Any
    ) -> dict[str, str]:
        subject = claims.pop("sub", f"c_{int(number) * 7:x}")  # says nothing of the number
        person = Person(id_number=number, id_type="national_id", name=NAME, mobile=mobile)
        of_nobody = dict.fromkeys(("organisation", "organisation_kind", "municipality"))
        own = {
            "sub": subject,
            "client_id": "citizens-portal",
            "client_kind": "citizen",
            "person": persons.seal(subject, person),
        }
        return token(*scopes, **{**of_nobody, **own, **claims})

    return header
