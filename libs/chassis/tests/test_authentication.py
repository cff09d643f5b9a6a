"""How fresh and how strong a sign-in has to be for an operation (RFC 9470)."""

import pytest

from chassis.access.auth import CITIZEN, MACHINE, STAFF, Caller
from chassis.http.authentication import Requirement

NOW = 1_800_000_000.0
AGE, FACTOR = 'max_age="900"', 'acr_values="two-factors"'
BOTH = Requirement.read({"max_age": 900, "second_factor": "policy"})


def caller(**changes):
    basic = {
        "subject": "p_test", "client_id": "desk", "organisation": "qatif", "organisation_kind": "municipality",
        "scopes": frozenset(), "jti": "1", "key_id": "k", "sid": "s", "issued_at": NOW, "expires_at": NOW + 300,
        "kind": STAFF, "authenticated_at": NOW - 60, "amr": frozenset({"pwd"}),
    }  # fmt: skip
    return Caller(**{**basic, **changes})


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({}, []),
        ({"authenticated_at": NOW - 900}, []),
        ({"authenticated_at": NOW - 911}, [AGE]),
        ({"authenticated_at": None}, [AGE]),
        ({"must_have_second_factor": True}, [FACTOR]),
        ({"must_have_second_factor": True, "amr": frozenset({"pwd", "otp", "mfa"})}, []),
        ({"must_have_second_factor": True, "authenticated_at": NOW - 3600}, [FACTOR, AGE]),
        ({"kind": MACHINE, "sid": None, "authenticated_at": None}, []),
        ({"kind": CITIZEN, "must_have_second_factor": True}, []),
    ],
)
def test_a_sign_in_is_young_and_of_two_factors_where_that_is_demanded(changes, lacking):
    assert BOTH.lacks(caller(**changes), NOW) == lacking


@pytest.mark.parametrize(
    "declared",
    [{}, {"max_age": 0}, {"max_age": True}, {"max_age": "900"}, {"second_factor": True}, {"x": 1}],
)
def test_a_contract_that_says_something_else_is_no_requirement(declared):
    with pytest.raises(ValueError, match="x-authentication"):
        Requirement.read(declared)
