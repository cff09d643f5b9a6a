"""What is believed of the national login, and who may say that somebody acts for an establishment."""

from datetime import UTC, datetime, timedelta

import pytest

from identity.domain.citizens import (
    LEEWAY,
    LONGEST,
    NotVerified,
    check_delegate,
    check_owner,
    check_until,
    counts_until,
    id_type_of,
    verify_person,
)
from identity.domain.errors import InvalidRegistration, NotTheOwner
from identity.domain.tokens import LIFETIME_SECONDS

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
CLAIMS = {
    "sub": "x1",
    "aud": "house",
    "acr": "high",
    "iat": AT + 40,
    "auth_time": AT + 30,
    "national_id": "1000000016",
    "name": "فاطمة  علي",
    "phone_number": "0500000016",
    "phone_number_verified": True,
}


def of(**changes):
    return verify_person(
        {**CLAIMS, **changes}, client_id="house", accepted=["high", "substantial"], asked_at=NOW
    )


def test_a_person_is_read_with_number_tidied_name_and_mobile():
    person = of()

    assert (person.id_number, person.id_type, person.acr) == ("1000000016", "national_id", "high")
    assert (person.name, person.mobile) == ("فاطمة علي", "+966500000016")
    assert "1000000016" not in repr(person)


def test_a_number_in_arabic_digits_is_the_same_person():
    assert of(national_id="١٠٠٠٠٠٠٠١٦").id_number == "1000000016"


@pytest.mark.parametrize(
    ("number", "kind"), [("1000000016", "national_id"), ("2000000006", "iqama")]
)
def test_the_kind_is_told_by_the_first_digit(number, kind):
    assert id_type_of(number) == kind


@pytest.mark.parametrize(
    "changes",
    [
        {"phone_number_verified": False},
        {"phone_number_verified": "true"},
        {"phone_number": "0138361111"},
        {"phone_number": None},
        {"phone_number": 5},
    ],
    ids=str,
)
def test_a_mobile_that_was_not_checked_or_is_none_is_left_out(changes):
    assert of(**changes).mobile is None


@pytest.mark.parametrize("name", ["auth_time", "iat"])
def test_nothing_from_before_this_sign_in_counts_but_for_the_clocks_difference(name):
    seconds = LEEWAY.total_seconds()

    of(**{name: AT - seconds})
    for value in (AT - seconds - 1, None, True, "soon"):
        with pytest.raises(NotVerified, match=name):
            of(**{name: value})


@pytest.mark.parametrize("name", ["", "   ", "\u200f", "x" * 151, "a\x07b", 5])
def test_a_person_without_a_name_is_refused(name):
    with pytest.raises(NotVerified, match="name"):
        of(name=name)


def test_a_delegation_ends_ahead_and_within_a_year():
    check_until(NOW + LONGEST, NOW)
    for until in (NOW, NOW - timedelta(seconds=1), NOW + LONGEST + timedelta(seconds=1)):
        with pytest.raises(InvalidRegistration):
            check_until(until, NOW)


def test_nobody_names_himself_and_only_an_owner_names_others():
    check_delegate("1000000016", "1000000024")
    check_owner("1000000016", {"1000000016", "1000000024"})
    with pytest.raises(InvalidRegistration):
        check_delegate("1000000016", "1000000016")
    for owners in (set(), {"1000000024"}):
        with pytest.raises(NotTheOwner):
            check_owner("1000000016", owners)


def test_a_delegation_that_ends_before_the_token_is_not_in_the_token():
    assert counts_until(NOW) >= NOW + timedelta(seconds=LIFETIME_SECONDS)
