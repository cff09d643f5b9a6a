"""The search of tenders and auctions, without HTTP and without a database."""

import pytest

from portal.domain.offerings import (
    AUCTIONS,
    TENDERS,
    has_personal_number,
    read_search,
    service_query,
)


def test_without_a_choice_what_takes_bids_is_searched():
    assert service_query(TENDERS, read_search(TENDERS, {}), "") == {
        "status": "published",
        "limit": 10,
    }


def test_a_state_of_the_other_kind_counts_as_no_choice():
    assert read_search(TENDERS, {"status": "handed_over"})["status"] == "published"
    assert read_search(AUCTIONS, {"status": "handed_over"})["status"] == "handed_over"


def test_a_draft_is_asked_nowhere():
    assert read_search(TENDERS, {"status": "draft"})["status"] == "published"


@pytest.mark.parametrize(
    "words", ["1000000008", "050 000 0001", "+966-50-000-0001", "\u06f1" * 10, "1000\u200e000008"]
)
def test_as_many_digits_as_an_identity_number_are_personal(words):
    assert has_personal_number(words)


@pytest.mark.parametrize("words", ["14480450000017", "١٤٤٨٠٤٤٠٠٠٠٠١٧", "حديقة 2026", "713/7"])
def test_numbers_of_offerings_and_plans_are_not(words):
    assert not has_personal_number(words)
