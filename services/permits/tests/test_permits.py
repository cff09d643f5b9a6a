"""A permit in force: suspension, cancellation, correction; and finding it again."""

from datetime import date
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields
from chassis.data.paging import PageRequest
from permits import queries
from permits.commands import change_permit
from permits.domain.searches import PermitSearch, RequestSearch
from saudi.testing import arabic_digits

Desk = Any


def page_of(limit: int, cursor: str | None = None) -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor, organisation="qatif", secret=b"c" * 32)


def find(desk: Desk, **search: Any) -> list[str]:
    page = queries.find_permits(
        desk.session, desk.officer, PermitSearch(**search), page_of(50), today=desk.now.date()
    )
    return [row.permit_id for row in page.rows]


def test_a_suspended_permit_says_by_whom_and_comes_back(desk: Desk) -> None:
    permit = desk.issued()

    change_permit.suspend(
        desk.work,
        permit.permit_id,
        reason="ملاحظات السلامة",
        body="الدفاع المدني",
    )
    assert permit.suspension == {
        "reason": "ملاحظات السلامة",
        "body": "الدفاع المدني",
        "since": "2026-11-24",
    }
    change_permit.reinstate(desk.work, permit.permit_id, reason="عولجت")

    assert permit.suspension is None
    assert [(e.happened, e.version) for e in desk.published(permit.permit_id)] == [
        ("issued", 1),
        ("suspended", 2),
        ("reinstated", 3),
    ]


def test_an_expired_permit_can_be_suspended_and_cancelled(desk: Desk) -> None:
    permit = desk.issued()
    permit.expires_on = date(2026, 11, 23)

    change_permit.suspend(
        desk.work,
        permit.permit_id,
        reason="سبب",
        body="البلدية",
    )
    assert permit.status == "suspended"

    change_permit.cancel_permit(desk.work, permit.permit_id, reason="سبب")
    assert permit.status == "cancelled"


def test_a_cancelled_permit_says_why_and_stays_cancelled(desk: Desk) -> None:
    permit = desk.issued()

    change_permit.cancel_permit(desk.work, permit.permit_id, reason="خارج المخطط")

    assert desk.published(permit.permit_id)[-1].data["cancellation"] == {
        "reason": "خارج المخطط",
        "at": "2026-11-24T09:00:00Z",
        "at_hijri": "1448/06/14",
        "for_owner": False,
    }
    for again in (change_permit.cancel_permit, change_permit.reinstate):
        with pytest.raises(IllegalTransition):
            again(
                desk.work,
                permit.permit_id,
                reason="مرة أخرى",
            )


def test_a_correction_is_published_and_the_history_keeps_the_values_before(desk: Desk) -> None:
    permit = desk.issued()

    change_permit.amend(
        desk.work,
        permit.permit_id,
        reason="تصحيح حسب الصك",
        wanted={
            "land": {"plan_number": "415/ج", "plots": ["217"], "area_m2": 541},
        },
    )

    event = desk.published(permit.permit_id)[-1]
    assert (event.happened, event.version) == ("amended", 2)
    assert event.data["land"]["plots"] == ["217"]
    assert find(desk, plan_number="415 / ج") == [permit.permit_id]
    history = queries.history_of_permit(desk.session, desk.officer, permit.permit_id)
    assert history[-1].details == {
        "land.plan_number": ["713/7", "415/ج"],
        "land.plots": [["215", "216"], ["217"]],
        "land.area_m2": [540.5, 541],
    }


@pytest.mark.parametrize(
    ("land", "fault"),
    [
        ({"latitude": 50.0, "longitude": 26.5}, ("land.latitude", "coordinates-swapped")),
        ({"area_m2": 1.234}, ("land.area_m2", "decimals")),
        ({"plots": ["215", "216"]}, ("body", "no-change")),
    ],
)
def test_a_correction_is_checked_and_changes_something(
    desk: Desk, land: dict[str, Any], fault: tuple[str, str]
) -> None:
    permit = desk.issued()

    with pytest.raises(InvalidFields) as caught:
        change_permit.amend(
            desk.work,
            permit.permit_id,
            reason="تصحيح",
            wanted={"land": land},
        )

    assert [(f.field, f.code) for f in caught.value.faults] == [fault]


def test_permits_are_found_by_what_people_have_at_hand(desk: Desk) -> None:
    permit = desk.issued(
        municipality="jaroudiyah",
        land__plan_number="٩٩٩ / ٩ ب",
        land__town="الجارودية",
        land__district="الجارودية",
    )
    wanted = [permit.permit_id]

    assert find(desk, plan_number="999/9 ب") == wanted
    assert find(desk, municipality="jaroudiyah", permit_number=permit.permit_number) == wanted
    assert find(desk, request_number=permit.request_number) == wanted
    assert find(desk, town="الجارودية", district="الجارودية", kind="new") == wanted
    assert find(desk, plan_number="999/9 ب", kind="fence") == []


@pytest.mark.parametrize("plan", ["422/3 ج", "٤٢٢/٣ج", "٤٢٢ / ٣ ج", "422/3ج"])
@pytest.mark.parametrize("district", ["البديعة", "حي البديعة", "البديعه", "بديعه"])
def test_a_permit_is_found_in_whichever_spelling(desk: Desk, plan: str, district: str) -> None:
    permit = desk.issued(
        municipality="safwa", land__plan_number="٤٢٢ / ٣ ج", land__district="حي البديعة"
    )

    assert find(desk, plan_number=plan, district=district, municipality="safwa") == [
        permit.permit_id
    ]


def test_a_permit_is_found_by_its_number_with_spaces_and_arabic_digits(desk: Desk) -> None:
    permit = desk.issued(municipality="anak")
    year, serial = permit.permit_number.split("/")

    for number in (f"{year} / {serial}", arabic_digits(permit.permit_number)):
        assert find(desk, permit_number=number, municipality="anak") == [permit.permit_id]
    assert find(desk, request_number=arabic_digits(permit.request_number)) == [permit.permit_id]


def test_a_corrected_district_is_found_by_its_new_name(desk: Desk) -> None:
    permit = desk.issued(municipality="qudaih", land__district="الشريعة")

    change_permit.amend(
        desk.work,
        permit.permit_id,
        reason="تصحيح",
        wanted={"land": {"district": "الزهراء"}},
    )

    assert find(desk, district="حي الزهرا", municipality="qudaih") == [permit.permit_id]
    assert find(desk, district="الشريعة", municipality="qudaih") == []


def test_a_permit_number_can_bring_permits_of_two_municipalities(desk: Desk) -> None:
    one = desk.issued(municipality="umm-al-hamam")
    other = desk.issued(municipality="awamiyah")
    assert one.permit_number == other.permit_number

    found = find(desk, permit_number=one.permit_number)

    assert {one.permit_id, other.permit_id} <= set(found)


def test_expired_permits_are_found_by_their_dates_not_by_a_flag(desk: Desk) -> None:
    permit = desk.issued(land__plan_number="777/1")
    permit.expires_on = date(2026, 11, 23)

    assert find(desk, plan_number="777/1", status="expired") == [permit.permit_id]
    assert find(desk, plan_number="777/1", status="valid") == []
    permit.expires_on = date(2026, 11, 24)
    assert find(desk, plan_number="777/1", status="valid") == [permit.permit_id]


def test_an_issue_range_includes_its_first_day_and_not_its_last(desk: Desk) -> None:
    permit = desk.issued(land__plan_number="888/1")
    day, after = date(2026, 11, 24), date(2026, 11, 25)

    assert find(desk, plan_number="888/1", issued_from=day, issued_to=after) == [permit.permit_id]
    assert find(desk, plan_number="888/1", issued_to=day) == []
    assert find(desk, plan_number="888/1", issued_from=after) == []


def test_pages_bring_each_permit_once_while_more_are_issued(desk: Desk) -> None:
    expected = {desk.issued(land__plan_number="555/5").permit_id for _ in range(5)}
    search, seen, cursor = PermitSearch(plan_number="555/5"), [], None

    while True:
        page = queries.find_permits(
            desk.session, desk.officer, search, page_of(2, cursor), today=desk.now.date()
        )
        seen += [row.permit_id for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
        desk.issued(land__plan_number="555/5")

    assert len(seen) == len(set(seen))
    assert set(seen) == expected


def test_requests_come_newest_first_by_status_and_page(desk: Desk) -> None:
    rows = [desk.submit(municipality="qudaih") for _ in range(3)]
    desk.take(rows[0], "send_to_office")
    search = RequestSearch(municipality="qudaih", status="draft")

    first = queries.list_requests(desk.session, desk.officer, search, page_of(1))
    rest = queries.list_requests(desk.session, desk.officer, search, page_of(1, first.next_cursor))

    found = [row.request_id for row in (*first.rows, *rest.rows)]
    assert found == [rows[2].request_id, rows[1].request_id]
    assert rest.next_cursor is None


@pytest.mark.parametrize("cursor", ["x.y", "!.", "fHw.0000000000000000"])
def test_a_cursor_of_another_search_is_refused(desk: Desk, cursor: str) -> None:
    with pytest.raises(InvalidFields):
        queries.list_requests(desk.session, desk.officer, RequestSearch(), page_of(1, cursor))


def test_a_branch_officer_sees_his_branch_only(desk: Desk, officer_of: Any) -> None:
    own = desk.issued(municipality="saihat", land__plan_number="333/3")
    desk.issued(municipality="safwa", land__plan_number="333/3")
    desk.officer = officer_of("saihat")

    assert find(desk, plan_number="333/3") == [own.permit_id]
    with pytest.raises(InvalidFields):
        find(desk, municipality="safwa")
