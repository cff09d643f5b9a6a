"""The claim `person`: only its own token opens it, with the key that issuer and service share."""

from dataclasses import replace

import pytest

from chassis.access.auth import CITIZEN, Caller
from chassis.access.persons import NoCitizen, Person, Persons, acts_for
from chassis.data.sealing import Keyring

KEYS = Persons(Keyring({1: b"1" * 32}, 1))
SARA = Person(
    id_number="1000000008",
    id_type="national_id",
    name="سارة (بيانات تجريبية)",
    mobile="+966500000001",
)


def citizen(subject="c_1", **attributes):
    caller = Caller.with_key(subject, organisation="", attributes=attributes)
    return replace(caller, kind=CITIZEN)


def test_a_service_with_the_key_learns_who_calls():
    assert KEYS.open(citizen(person=KEYS.seal("c_1", SARA))) == SARA


def test_the_claim_says_nothing_to_others_and_shows_nothing_in_a_log():
    claim = KEYS.seal("c_1", SARA)

    assert "1000000008" not in claim
    assert claim != KEYS.seal("c_1", SARA)
    assert not [part for part in ("1000000008", "سارة", "+9665") if part in repr(SARA)]


@pytest.mark.parametrize(
    "caller",
    [
        citizen("c_2", person=KEYS.seal("c_1", SARA)),
        citizen(person=Persons(Keyring({1: b"2" * 32}, 1)).seal("c_1", SARA)),
        citizen(person="x"),
        citizen(person=""),
        citizen(),
        replace(citizen(person=KEYS.seal("c_1", SARA)), kind="staff"),
    ],
    ids=["another's", "another key's", "garbage", "empty", "none", "of an employee"],
)
def test_no_other_claim_opens(caller):
    with pytest.raises(NoCitizen):
        KEYS.open(caller)


def test_only_a_citizen_acts_for_establishments():
    for_two = citizen(acts_for="7000000005 7000000013")

    assert acts_for(for_two) == {"7000000005", "7000000013"}
    assert acts_for(replace(for_two, kind="machine")) == set()
    assert acts_for(citizen()) == set()
