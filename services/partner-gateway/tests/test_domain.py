"""Rules of the gateway, without anything else."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.core.refusals import InvalidFields
from partner_gateway.domain import grants, permit_documents, permit_queries
from partner_gateway.domain.grants import Grant
from partner_gateway.domain.permit_queries import Query
from saudi import Malformed
from saudi.finding import NO_PLAN

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "number",
    ["1000000008", "1012345672", "2000000006", "2123456788", "١٠١٢٣٤٥٦٧٢", " 1012 345672 "],
)
def test_a_civil_id_is_read_in_either_digits(number):
    kind, read = permit_queries.owner_number({"civil_id": number})

    assert (kind, read.isascii()) == ("civil-id", True)


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
        permit_queries.owner_number({"civil_id": number})

    assert (refused.value.faults[0].field, refused.value.faults[0].code) == ("civil_id", code)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"unified_number": "٧٠٠٠٠٠٠٠٠٥"}, ("unified-number", "7000000005")),
        ({"border_number": "3000000001"}, ("border-number", "3000000001")),
    ],
)
def test_owners_that_are_no_citizens_are_searched_by_their_own_number(asked, answer):
    assert permit_queries.owner_number(asked) == answer


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({}, "civil_id", "one-owner-number"),
        (
            {"civil_id": "1000000008", "unified_number": "7000000005"},
            "civil_id",
            "one-owner-number",
        ),
        ({"unified_number": "1000000008"}, "unified_number", "prefix"),
        ({"border_number": "7000000005"}, "border_number", "prefix"),
        ({"border_number": "30000000"}, "border_number", "length"),
    ],
)
def test_a_search_names_one_number_of_its_kind(asked, field, code):
    with pytest.raises(InvalidFields) as refused:
        permit_queries.owner_number(asked)

    assert (refused.value.faults[0].field, refused.value.faults[0].code) == (field, code)


@pytest.mark.parametrize("words", ["بدون مخطط", "بـدون  مخطط", "بلا مخطط"])
def test_permits_without_a_plan_are_asked_for_by_the_words(words):
    assert permit_queries.build_query(today=TODAY, plan_number=words).plan_key == NO_PLAN


def test_a_request_number_selects_and_a_plot_and_a_municipality_narrow():
    query = permit_queries.build_query(
        today=TODAY, request_number=" ٤٤١٢ ٠٩٨١", plot="٢١٥ / ٢", municipality="safwa"
    )

    assert (query.request_key, query.plot_key) == ("44120981", "215/2")
    assert query.kinds == ["permit-number"]
    with pytest.raises(InvalidFields):
        permit_queries.build_query(today=TODAY, plot="215", municipality="safwa")


def test_spellings_of_a_plan_a_district_and_a_number_meet():
    query = permit_queries.build_query(
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
    query = permit_queries.build_query(today=TODAY, issued_from=date(2026, 11, 1))

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
        permit_queries.build_query(today=TODAY, **filters)

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
BY_ESTABLISHMENT = Query(civil_id_keys=("v1:00",), owner_kind="unified-number")
ANY_OWNER = {
    "query_kinds": frozenset(("civil-id", "unified-number", "border-number")),
    "purposes": frozenset(("meter-connection", "establishment-connection")),
}
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
        (grant(), BY_ESTABLISHMENT, "meter-connection", "query-kind-not-granted"),
        (grant(**ANY_OWNER), BY_ESTABLISHMENT, "establishment-connection", None),
        (grant(**ANY_OWNER), BY_ESTABLISHMENT, "meter-connection", "purpose-not-granted"),
        (grant(**ANY_OWNER), BY_PERSON, "establishment-connection", "purpose-not-granted"),
        (grant(widest_span_days=30), BY_MONTH, None, "range-too-wide"),
        (grant(widest_span_days=None), BY_MONTH, None, "range-too-wide"),
    ],
)
def test_a_grant_allows_what_it_says_and_nothing_else(given, query, purpose, code):
    refused = grants.refusal(given, query, purpose=purpose, now=NOW)

    assert (refused.code if refused else None) == code


def test_a_combination_needs_each_of_its_kinds():
    both = Query(plan_key="713/7", civil_id_keys=("v1:00",))
    only_plan = grant(query_kinds=frozenset({"plan-number"}))

    assert (
        grants.refusal(only_plan, both, purpose="meter-connection", now=NOW).code
        == "query-kind-not-granted"
    )


def test_the_document_for_a_partner_holds_no_id_number(example):
    document = permit_documents.partner_document(example, 3)

    numbers = [owner["id_number"] for owner in example["owners"] if owner["id_number"]]
    assert numbers
    for number in numbers:
        assert number not in str(document)
    assert document["owners"][1]["id_masked"] == "10******08"
    assert document["version"] == 3


def test_the_refusal_of_a_purpose_lists_those_that_may_be_named():
    refused = grants.refusal(grant(**ANY_OWNER), BY_PERSON, purpose="marketing", now=NOW)

    assert refused.params["purposes"] == [
        {"ar": "إيصال عداد (meter-connection)", "en": "Connecting a meter (meter-connection)"}
    ]


def test_no_field_of_a_partner_leads_to_the_owners_mobile(example):
    document = permit_documents.partner_document(example, 1)

    assert not {"mobile", "contacts", "inquiry"} & set(str(document).replace("'", " ").split())


@pytest.mark.parametrize(
    ("word", "code"),
    [("valid", "valid"), ("سارية", "valid"), ("ساريه", "valid"), ("Suspended", "suspended")],
)
def test_a_status_is_asked_for_by_its_code_or_its_word(word, code):
    assert permit_queries.read_status(word) == code


@pytest.mark.parametrize(("word", "code"), [("تجديد", "renewal"), ("fence", "fence")])
def test_a_kind_is_asked_for_by_its_code_or_its_word(word, code):
    assert permit_queries.read_kind(word) == code


def test_another_word_is_refused_with_a_list_of_those_that_are_taken():
    with pytest.raises(Malformed) as refused:
        permit_queries.read_status("جارية")

    assert refused.value.code == "enum"
    assert {"ar": "سارية (valid)", "en": "Valid (valid)"} in refused.value.params["allowed"]
    assert len(refused.value.params["allowed"]) == 7
