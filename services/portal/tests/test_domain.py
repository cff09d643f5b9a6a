"""The rules of sessions and of the search form."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain import permit_search, sessions

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("signed_in", "seen", "ended"),
    [
        (timedelta(hours=9, minutes=59), timedelta(minutes=59), False),
        (timedelta(hours=10), timedelta(minutes=1), True),
        (timedelta(hours=2), timedelta(minutes=60), True),
    ],
)
def test_a_session_ends_idle_after_an_hour_and_anyway_after_ten(signed_in, seen, ended):
    assert sessions.has_ended(NOW - signed_in, NOW - seen, NOW) is ended


def test_a_token_is_renewed_before_it_expires():
    assert not sessions.is_worn_out(NOW.timestamp() + 16, NOW)
    assert sessions.is_worn_out(NOW.timestamp() + 14, NOW)


@pytest.mark.parametrize(
    "search",
    [
        {"owner_number": "1000000008"},
        {"plan_number": "1000000008"},
        {"plan_number": "١٠٠٠٠٠٠٠٠٨"},
        {"permit_number": "050 000 0016"},
        {"town": "+966500000016"},
        {"permit_number": "1000/000008"},
        {"plan_number": "100.000.0008"},
        {"plan_number": "713/7", "case_reference": "C-1"},
    ],
)
def test_no_number_of_a_person_stands_in_an_address(search):
    assert not permit_search.may_stand_in_address(search)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("permit_number", "1000000008"),
        ("permit_number", "٢٠٠٠٠٠٠٠٠٦"),
        ("permit_number", "1000 000 008"),
        ("permit_number", "100\u200b0000008"),
        ("permit_number", "050 000 0016"),
        ("permit_number", "+966500000016"),
        ("plan_number", "1000/000008"),
        ("plan_number", "١٠٠٠٠٠٠٠٠٨"),
        ("plot", "050 000 0016"),
        ("town", "+966500000016"),
        ("request_number", "1000000008"),
        ("request_number", "0500000016"),
        ("issued_from", "1000000008"),
    ],
)
def test_a_persons_number_in_a_filter_is_found_before_anything_is_asked(field, typed):
    assert permit_search.misplaced_numbers({field: typed, "kind": "new"}) == [field]


@pytest.mark.parametrize(
    "search",
    [
        {"permit_number": "1448/1312"},
        {"permit_number": "1448/10000"},
        {"permit_number": "1429/ب/0044120981/00017-2026/7"},
        {"request_number": "44120981"},
        {"request_number": "4412098100017"},
        {"plan_number": "ش د 1130/2", "plot": "215 أ"},
        {"issued_from": "2026-11-24", "issued_to": "1448/06/14"},
        {"owner_number": "1000000008", "case_reference": "100000000"},
    ],
)
def test_numbers_of_things_are_in_their_place(search):
    assert permit_search.misplaced_numbers(search) == []


@pytest.mark.parametrize(
    "search",
    [
        {"permit_number": "1448/1312"},
        {"request_number": "44120981"},
        {"issued_from": "2026-10-01", "issued_to": "1448/06/14", "town": "القطيف"},
    ],
)
def test_other_searches_do(search):
    assert permit_search.may_stand_in_address(search)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ("1000000008", "civil_id"),
        ("٢٠٠٠٠٠٠٠٠٦", "civil_id"),
        ("7000000005", "unified_number"),
        ("3000000001", "border_number"),
        ("x", "civil_id"),
    ],
)
def test_the_first_digit_of_an_owners_number_says_its_kind(typed, field):
    body = permit_search.gateway_search({"owner_number": typed, "purpose": "meter-connection"})

    assert body == {field: typed, "purpose": "meter-connection"}


@pytest.mark.parametrize(
    ("typed", "sent"),
    [("2026-11-24", "2026-11-25"), ("1448/06/14", "2026-11-25"), ("1448/13/01", "1448/13/01")],
)
def test_the_last_day_of_a_range_belongs_to_it(typed, sent):
    query = permit_search.gateway_query({"issued_from": "2026-11-01", "issued_to": typed})

    assert query == {"issued_from": "2026-11-01", "issued_to": sent}


def test_narrowing_alone_selects_nothing():
    assert permit_search.selects_nothing({"town": "القطيف", "plot": "215", "kind": "new"})
    assert not permit_search.selects_nothing({"plan_number": "713/7"})
