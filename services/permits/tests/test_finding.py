"""What people bring finds requests and permits, in every spelling."""

from typing import Any

import pytest

from chassis.data.paging import PageRequest
from permits import queries
from permits.commands import change_permit
from permits.domain.searches import PermitSearch, RequestSearch
from saudi.days import legal_day
from saudi.testing import arabic_digits

Desk = Any
LAND = {
    "municipality": "jaroudiyah",
    "land__plan_number": "٨٨٧/٣ج",
    "land__plots": ["٣٠١ أ", "302"],
    "land__town": "الجارودية",
    "land__district": "البديعة",
    "land__deed": {"type": "electronic", "number": "912304005699"},
}
SPELLINGS = [
    {"plan_number": "887/3 ج"},
    {"plan_number": "٨٨٧ / ٣ ج"},
    {"plot": "301أ"},
    {"plot": "٣٠٢"},
    {"deed_number": "٩١٢٣٠٤٠٠٥٦٩٩"},
    {"district": "حي البديعه"},
    {"town": "الجارودية"},
    {"plan_number": "887/3ج", "plot": "302", "kind": "new"},
]


@pytest.fixture
def page() -> PageRequest:
    return PageRequest(limit=50, cursor=None, organisation="qatif", secret=b"c" * 32)


def requests_by(desk: Desk, page: Any, **search: Any) -> list[str]:
    wanted = RequestSearch(**{"municipality": "jaroudiyah", **search})
    desk.session.flush()
    rows = queries.list_requests(desk.session, desk.officer, wanted, page).rows
    return [row.request_id for row in rows]


def permits_by(desk: Desk, page: Any, **search: Any) -> list[str]:
    wanted, today = PermitSearch(**{"municipality": "jaroudiyah", **search}), legal_day(desk.now)
    desk.session.flush()
    rows = queries.find_permits(desk.session, desk.officer, wanted, page, today=today).rows
    return [row.permit_id for row in rows]


@pytest.mark.parametrize("search", SPELLINGS)
def test_land_finds_the_request_and_its_permit(desk: Desk, page: Any, search: Any) -> None:
    permit = desk.issued(**LAND)
    desk.submit(municipality="jaroudiyah", land__plots=["1"], land__district="الشريعة")

    assert requests_by(desk, page, **search) == [permit.request_id]
    assert permits_by(desk, page, **search) == [permit.permit_id]


@pytest.mark.parametrize("search", [{"plot": "30"}, {"plot": "301"}, {"deed_number": "9123040056"}])
def test_a_part_of_a_number_finds_nothing(desk: Desk, page: Any, search: Any) -> None:
    desk.issued(**LAND)

    assert requests_by(desk, page, **search) == permits_by(desk, page, **search) == []


def test_numbers_find_both_in_any_spelling(desk: Desk, page: Any) -> None:
    permit = desk.issued(**LAND, request_number="44Bx9981")
    number = arabic_digits(permit.permit_number).replace("/", " / ")

    for search in ({"request_number": "٤٤bX ٩٩٨١"}, {"permit_number": number}):
        assert requests_by(desk, page, **search) == [permit.request_id]
        assert permits_by(desk, page, **search) == [permit.permit_id]


def test_land_without_a_plan_is_found_by_the_words(desk: Desk, page: Any) -> None:
    permit = desk.issued(**{**LAND, "land__plan_number": None})
    desk.issued(**LAND)

    assert permits_by(desk, page, plan_number="بدون مخطط") == [permit.permit_id]
    assert requests_by(desk, page, plan_number="بلا مخطط") == [permit.request_id]


def test_corrected_land_is_found_by_what_it_is_now(desk: Desk, page: Any) -> None:
    permit = desk.issued(**LAND)
    change_permit.amend(
        desk.work,
        permit.permit_id,
        reason="حسب الصك",
        wanted={
            "land": {"plots": ["777"], "deed": {"type": "electronic", "number": "912304005601"}}
        },
    )

    assert permits_by(desk, page, plot="777", deed_number="912304005601") == [permit.permit_id]
    assert permits_by(desk, page, plot="302") == []


def test_paid_and_unpaid_are_told_apart(desk: Desk, page: Any) -> None:
    paid, unpaid = desk.paid(**LAND), desk.billed(**LAND)

    assert requests_by(desk, page, status="paid") == [paid.request_id]
    assert requests_by(desk, page, status="awaiting_payment") == [unpaid.request_id]
