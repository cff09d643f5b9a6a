"""The form of a result: chosen twice, and compared with the worker's document first."""

import pytest

from portal.domain.examination_form import faults_of, gateway_result, read_examination

FILLED = {
    "compared": "yes",
    "result": "fit",
    "result_again": "fit",
    "examined_on": "1448/06/20",
    "practice_number": "12-RM-0012345",
    "key": "k",
}


def named(*, is_correction=False, **changes):
    typed = read_examination({**FILLED, **changes})
    return [name for name, _ in faults_of(typed, is_correction=is_correction)]


def test_a_whole_form_has_no_fault():
    assert named() == []
    assert named(is_correction=True, correction_reason="entry-error") == []


@pytest.mark.parametrize("again", ["", "unfit"])
def test_a_result_that_is_not_chosen_twice_is_not_sent(again):
    assert named(result_again=again) == ["result_again"]


def test_a_first_result_needs_the_document_compared_and_a_correction_its_reason():
    assert named(compared="") == ["compared"]
    assert named(is_correction=True, compared="") == ["correction_reason"]


def test_every_missing_field_is_named_at_once():
    missing = dict.fromkeys(FILLED, "")

    assert named(**missing) == ["compared", "result", "examined_on", "practice_number"]


def test_the_gateway_gets_the_result_and_nothing_of_the_page():
    typed = read_examination(FILLED)

    assert gateway_result(typed) == {
        "result": "fit",
        "examined_on": "1448/06/20",
        "practice_number": "12-RM-0012345",
    }
