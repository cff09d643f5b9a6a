"""Corrections of a permit: who has another number now, and what is corrected of a permit that has ended."""

from typing import Any

import pytest

from permits.domain.corrections import action_of_correction, corrected_numbers


def owner(number: str | None) -> dict[str, Any]:
    return {"id_type": "national_id" if number else "none", "id_number": number}


FIRST, SECOND, THIRD = "1000000008", "1000000016", "1000000024"


def test_a_corrected_number_is_known_by_the_former_number_after_a_removal() -> None:
    before = [owner(FIRST), owner(None), owner(SECOND)]
    after = [owner(None), owner(THIRD), owner("1000000032")]  # the last is added

    assert corrected_numbers(before, after, removed=[0]) == {SECOND: owner(THIRD)}


def test_two_numbers_that_were_exchanged_are_exchanged() -> None:
    before, after = [owner(FIRST), owner(SECOND)], [owner(SECOND), owner(FIRST)]

    found = corrected_numbers(before, after, removed=[])

    assert found == {FIRST: owner(SECOND), SECOND: owner(FIRST)}


@pytest.mark.parametrize("status", ["renewed", "superseded", "cancelled"])
def test_of_a_permit_that_has_ended_the_owners_alone_are_corrected(status: str) -> None:
    assert action_of_correction(status, ["owners"]) == "amend_owners"
    assert action_of_correction(status, ["owners", "representative"]) == "amend_owners"
    assert action_of_correction(status, ["owners", "land"]) == "amend"
    assert action_of_correction("valid", ["owners"]) == "amend"
