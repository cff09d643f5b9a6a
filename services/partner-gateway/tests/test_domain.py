"""Rules of the gateway, without anything else."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.core.refusals import InvalidFields
from partner_gateway import domain
from partner_gateway.domain import Grant, Query

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "number",
    ["1000000008", "1012345672", "2000000006", "2123456788", "١٠١٢٣٤٥٦٧٢", " 1012 345672 "],
)
def test_a_civil_id_is_read_in_either_digits(number):
    assert domain.civil_id(number).isascii()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("1012345671", "check-digit"),
        ("2123456787", "check-digit"),
        ("3012345678", "civil-id"),
        ("0112345678", "civil-id"),
        ("101234567", "civil-id"),
        ("10123456722", "civil-id"),
        ("¹012345672", "civil-id"),
        ("7000000005", "civil-id"),
    ],
)
def test_a_wrong_civil_id_is_refused_with_its_reason(number, code):
    with pytest.raises(InvalidFields) as refused:
        domain.civil_id(number)

    assert (refused.value.faults[0].field, refused.value.faults[0].code) == ("civil_id", code)


def test_spellings_of_a_plan_a_district_and_a_number_meet():
    query = domain.build_query(
        today=TODAY,
        plan_number="٤٢٢/٣ـ ج",
        town="القطـــيف",
        district="حي ناصره",
        permit_number="١٤٤٨ / 22",
    )

    assert query == Query(
        plan_key="422/3 ج", town_key="قطيف", district_key="ناصره", permit_number="1448/22"
    )


def test_a_range_without_an_end_ends_with_today():
    query = domain.build_query(today=TODAY, issued_from=date(2026, 11, 1))

    assert query.issued_to == TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("filters", "field", "code"),
    [
        ({}, "issued_from", "selecting-filter"),
        ({"plan_number": "\u200b"}, "issued_from", "selecting-filter"),
        ({"permit_number": "\u200b\u200f"}, "issued_from", "selecting-filter"),
        ({"town": "القطيف", "kind": "new"}, "issued_from", "selecting-filter"),
        ({"issued_to": TODAY}, "issued_from", "needs-issued-from"),
        ({"issued_from": TODAY, "issued_to": TODAY}, "issued_to", "empty-range"),
        (
            {"issued_from": TODAY, "issued_to": TODAY - timedelta(days=1)},
            "issued_to",
            "empty-range",
        ),
    ],
)
def test_filters_that_make_no_query_are_refused_by_field(filters, field, code):
    with pytest.raises(InvalidFields) as refused:
        domain.build_query(today=TODAY, **filters)

    assert (refused.value.faults[0].field, refused.value.faults[0].code) == (field, code)


def grant(**changes):
    values = {
        "organisation": "sec",
        "purposes": frozenset({"meter-connection"}),
        "query_kinds": frozenset({"issue-date-range", "plan-number", "civil-id", "permit-number"}),
        "widest_span_days": 31,
        "fields": frozenset(),
        "rows_per_day": 100,
        "valid_from": NOW - timedelta(days=1),
        "valid_until": NOW + timedelta(days=1),
        "active": True,
    }
    return Grant(**{**values, **changes})


BY_PLAN = Query(plan_key="713/7")
BY_PERSON = Query(civil_id_keys=("v1:00",))
BY_MONTH = Query(issued_from=date(2026, 10, 1), issued_to=date(2026, 11, 1))


@pytest.mark.parametrize(
    ("given", "query", "purpose", "code"),
    [
        (grant(), BY_PLAN, None, None),
        (grant(), BY_MONTH, None, None),
        (grant(), BY_PERSON, "meter-connection", None),
        (None, BY_PLAN, None, "no-grant"),
        (grant(active=False), BY_PLAN, None, "no-grant"),
        (grant(valid_until=NOW), BY_PLAN, None, "no-grant"),
        (grant(valid_from=NOW + timedelta(seconds=1)), BY_PLAN, None, "no-grant"),
        (grant(query_kinds=frozenset({"civil-id"})), BY_PLAN, None, "query-kind-not-granted"),
        (grant(), BY_PERSON, "marketing", "purpose-not-granted"),
        (grant(), BY_PERSON, None, "purpose-not-granted"),
        (grant(widest_span_days=30), BY_MONTH, None, "range-too-wide"),
        (grant(widest_span_days=None), BY_MONTH, None, "range-too-wide"),
    ],
)
def test_a_grant_allows_what_it_says_and_nothing_else(given, query, purpose, code):
    refused = domain.refusal(given, query, purpose=purpose, now=NOW)

    assert (refused.code if refused else None) == code


def test_a_combination_needs_each_of_its_kinds():
    both = Query(plan_key="713/7", civil_id_keys=("v1:00",))
    only_plan = grant(query_kinds=frozenset({"plan-number"}))

    assert (
        domain.refusal(only_plan, both, purpose="meter-connection", now=NOW).code
        == "query-kind-not-granted"
    )


def test_the_document_for_a_partner_holds_no_id_number(example):
    document = domain.partner_document(example, 3)

    numbers = [owner["id_number"] for owner in example["owners"] if owner["id_number"]]
    assert numbers
    for number in numbers:
        assert number not in str(document)
    assert document["owners"][1]["id_masked"] == "10******08"
    assert document["version"] == 3
