"""The forms and the desk of transactions, without HTTP and without a database."""

import pytest

from portal.domain.desk_actions import body_of, read_action
from portal.domain.transaction_desk import (
    ACTIONS,
    inbox_query,
    list_offered_actions,
    transaction_number,
)
from portal.domain.transaction_entry import FIELDS, entered_transaction
from portal.domain.transaction_forms import missing_papers

FILE_ID = "0195ff10-4d00-7b22-9d3f-000000000911"
REGISTRY = ("transactions.read", "transactions.enter", "transactions.process")


def test_the_papers_that_no_file_is_are_missing():
    papers = [{"code": "deed"}, {"code": "identity"}]

    assert missing_papers(papers, f"{FILE_ID} deed صورة الصك.pdf") == [{"code": "identity"}]


def test_an_empty_field_is_left_out_and_a_number_is_a_number():
    action = ACTIONS["refer"]
    typed = read_action(
        action, {"department": "survey", "note": " رأي\r\nثم حفظ ", "working_days": "٣"}
    )

    assert body_of(action, typed) == {
        "department": "survey",
        "note": "رأي\nثم حفظ",
        "working_days": 3,
    }
    assert body_of(action, {**typed, "working_days": ""}).keys() == {"department", "note"}


def test_what_is_no_number_reaches_the_service_as_it_was_typed():
    action = ACTIONS["refer"]
    typed = read_action(action, {"working_days": "ثلاثة"})

    assert body_of(action, typed) == {"working_days": "ثلاثة"}


@pytest.mark.parametrize("typed", ["1448047000017", "١٤٤٨٠٤٧٠٠٠٠١٧", " 1448047000017\u200f "])
def test_a_number_is_read_in_either_digits(typed):
    assert transaction_number(typed) == "1448047000017"


@pytest.mark.parametrize(
    "typed", ["1000000008", "0500000001", "1448046000004", "14480470000171234"]
)
def test_another_number_is_none_of_a_transaction(typed):
    assert transaction_number(typed) is None


def test_a_number_is_looked_for_in_every_state():
    query = {"number": "1448047000017", "view": "overdue", "department": "survey"}

    assert inbox_query(query) == {"number": "1448047000017", "limit": 20}


def test_the_registry_completes_what_was_returned_and_decides_nothing():
    assert list_offered_actions("returned", REGISTRY, in_charge=True) == [
        *("note", "complete", "withdraw"),
    ]
    assert "decide" not in list_offered_actions("with_department", REGISTRY, in_charge=True)


@pytest.mark.parametrize(
    ("is_from_portal", "status", "is_filed"),
    [(True, "with_department", False), (True, "approved", True), (False, "with_department", True)],
)
def test_what_a_person_entered_is_decided_before_it_is_filed(is_from_portal, status, is_filed):
    offered = list_offered_actions(
        status, ["transactions.process"], in_charge=True, is_from_portal=is_from_portal
    )

    assert ("file" in offered) is is_filed


def test_elsewhere_the_registry_records_what_the_applicant_does_and_no_more():
    assert list_offered_actions("returned", REGISTRY, in_charge=False) == ["complete", "withdraw"]


def test_a_letter_of_another_body_goes_along_only_where_it_is_named():
    typed = dict.fromkeys((one.name for one in FIELDS), "") | {
        "kind": "survey",
        "confidential": "no",
    }

    assert "incoming" not in entered_transaction(typed)
    assert entered_transaction({**typed, "incoming_number": "12"})["incoming"] == {"number": "12"}


def test_nothing_is_done_with_an_ended_transaction_but_a_look_at_its_applicant():
    scopes = (*REGISTRY, "transactions.reveal")

    assert list_offered_actions("filed", scopes, in_charge=True) == ["reveal"]
