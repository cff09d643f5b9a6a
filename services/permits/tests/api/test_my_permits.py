"""A citizen who signed in sees the permits and requests that the citizen owns or represents, and nobody else's."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.core.refusals import IllegalTransition
from chassis.core.states import state
from permits.commands import change_permit, review
from permits.models import Permit
from saudi.days import RIYADH, legal_day

Desk = Any
OWNER, OTHER, AGENT = "1000000065", "1000000073", "1000000081"
REPRESENTED = {
    "name": "وكيل تجربة (بيانات تجريبية)",
    "capacity": "legal_agent",
    "authority_number": "4455667788",
    "id_number": AGENT,
}
# What else an application says that carries on a permit, by kind.
CARRIED_ON: dict[str, dict[str, Any]] = {
    "renewal": {},
    "change_of_contractor": {"contractor": {"name": "مقاول تجريبي", "licence_number": "7701"}},
    "correction": {},
}


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Sets the desk to today: the operation goes by the clock."""
    desk.now = datetime.now(RIYADH)
    return desk


@pytest.fixture
def read(api: Any, citizen: Any, desk: Desk) -> Callable[..., Any]:
    """`read(number)`: the page that the citizen with the number reads."""

    def run(number: str, **query: Any) -> Any:
        desk.session.flush()
        headers = citizen(number, "my-permits.read")
        return api.ask("list_my_permits", query=query, headers=headers)

    return run


def owned_by(*numbers: str, **more: Any) -> dict[str, Any]:
    """Returns who owns an application, and a plot of its own."""
    owners = [
        {
            "name": f"مالك {number[-2:]} (بيانات تجريبية)",
            "owner_type": "individual",
            "id_type": "national_id",
            "id_number": number,
            "mobile": f"05000000{number[-2:]}",
        }
        for number in numbers
    ]
    return {"owners": owners, "land__plots": [str(uuid4().int % 10**6)], **more}


def correct(desk: Desk, permit: Permit, number: str) -> None:
    owners = {"version": permit.version, "correct": [{"position": 0, "id_number": number}]}
    change_permit.amend(desk.work, permit.permit_id, reason="حسب الهوية", wanted={"owners": owners})


def ids(page: Mapping[str, Any]) -> set[str]:
    return {one["id"] for one in page["items"]}


def test_an_owner_reads_the_permits_and_the_open_requests_of_each_branch(
    desk: Desk, read: Any
) -> None:
    permit = desk.issued(**owned_by(OWNER))
    in_safwa = desk.issued(**owned_by(OWNER, municipality="safwa"))
    request = desk.submit(**owned_by(OWNER))
    desk.issued(**owned_by(OTHER))

    page = read(OWNER)

    assert ids(page) == {permit.permit_id, in_safwa.permit_id, request.request_id}
    by_id = {one["id"]: one for one in page["items"]}
    shown = by_id[permit.permit_id]
    assert (shown["thing"], shown["number"]) == ("permit", permit.permit_number)
    assert (shown["capacity"], shown["status"]) == ("owner", "valid")
    assert shown["next_title"] == state("building_permit", "valid").next.pair()
    assert shown["until"] == permit.expires_on.isoformat()
    assert shown["plots"] == permit.land["plots"]
    assert by_id[request.request_id]["number"] == request.request_number


def test_each_co_owner_reads_the_permit_without_the_others(desk: Desk, read: Any) -> None:
    permit = desk.issued(**owned_by(OWNER, OTHER))

    for number, other in ((OWNER, OTHER), (OTHER, OWNER)):
        page = read(number)
        assert ids(page) == {permit.permit_id}
        assert f"مالك {other[-2:]}" not in str(page)
        assert other not in str(page)


def test_a_representative_reads_what_he_represents(desk: Desk, read: Any) -> None:
    permit = desk.issued(**owned_by(OWNER, representative=REPRESENTED))
    request = desk.submit(**owned_by(OTHER, representative=REPRESENTED))
    desk.issued(**owned_by(OWNER))

    page = read(AGENT)

    assert ids(page) == {permit.permit_id, request.request_id}
    assert {one["capacity"] for one in page["items"]} == {"representative"}


def test_a_citizen_without_a_permit_reads_an_empty_page(desk: Desk, read: Any) -> None:
    desk.issued(**owned_by(OWNER))

    assert read("1000000099") == {"items": [], "next_cursor": None}


def test_after_a_correction_the_owner_reads_the_permit_and_the_former_number_nothing(
    desk: Desk, read: Any
) -> None:
    permit = desk.issued(**owned_by(OWNER))
    assert ids(read(OWNER)) == {permit.permit_id}

    correct(desk, permit, OTHER)

    assert ids(read(OTHER)) == {permit.permit_id}
    assert ids(read(OWNER)) == set()


@pytest.mark.parametrize("kind", CARRIED_ON)
def test_after_a_correction_the_former_number_reads_no_permit_that_was_carried_on(
    desk: Desk, read: Any, kind: str
) -> None:
    plot = owned_by(OWNER)
    first = desk.issued(**plot)
    renewed = desk.issued(kind="renewal", previous_permit_id=first.permit_id, **plot)
    followed = {"previous_permit_id": renewed.permit_id, **CARRIED_ON[kind]}
    last = desk.issued(kind=kind, **plot, **followed)

    correct(desk, last, OTHER)

    assert ids(read(OWNER)) == set()
    assert ids(read(OTHER)) == {first.permit_id, renewed.permit_id, last.permit_id}


def test_after_a_correction_the_former_number_reads_no_request_that_follows_the_permit(
    desk: Desk, read: Any
) -> None:
    plot = owned_by(OWNER)
    permit = desk.issued(**plot)
    renewal = {"kind": "renewal", "previous_permit_id": permit.permit_id, **plot}
    billed, ended, draft = desk.billed(**renewal), desk.billed(**renewal), desk.submit(**renewal)
    review.cancel_request(desk.work, ended.request_id)

    correct(desk, permit, OTHER)

    assert ids(read(OWNER)) == set()
    requests = {one.request_id for one in (billed, ended, draft)}
    assert ids(read(OTHER)) == {permit.permit_id, *requests}


def test_a_request_of_a_renewed_permit_is_corrected_with_the_renewal(desk: Desk, read: Any) -> None:
    plot = owned_by(OWNER)
    permit = desk.issued(**plot)
    renewal = {"kind": "renewal", "previous_permit_id": permit.permit_id, **plot}
    overtaken = desk.billed(**renewal)
    renewed = desk.issued(**renewal)

    correct(desk, renewed, OTHER)

    assert ids(read(OWNER)) == set()
    assert overtaken.request_id in ids(read(OTHER))


@pytest.mark.parametrize("ended", [False, True])
def test_a_representative_whose_number_was_wrong_or_whose_authority_ended_reads_nothing_of_the_line(
    api: Any, desk: Desk, read: Any, ended: bool
) -> None:
    plot = owned_by(OWNER, representative=REPRESENTED)
    first = desk.issued(**plot)
    last = desk.issued(kind="renewal", previous_permit_id=first.permit_id, **plot)
    follows = {"kind": "renewal", "previous_permit_id": last.permit_id, **plot}
    billed = desk.billed(**follows)
    desk.session.flush()
    agent = None if ended else {**REPRESENTED, "id_number": OTHER}
    body = {"reason": "حسب الوكالة", "representative": agent}

    answer = api.ask("amend_permit", body, permit_id=last.permit_id)

    shown = answer["representative"]
    assert (shown is None) == ended
    assert ids(read(AGENT)) == set()
    line = {first.permit_id, last.permit_id, billed.request_id}
    assert ids(read(OTHER)) == (set() if ended else line)
    assert ids(read(OWNER)) == line


def test_a_corrected_representative_is_checked_as_in_an_application(api: Any, desk: Desk) -> None:
    permit = desk.issued(**owned_by(OWNER))
    desk.session.flush()
    nazir = {**REPRESENTED, "capacity": "nazir", "id_number": "1000000009"}
    body = {"reason": "حسب الصك", "representative": nazir}

    faults = api.faults("amend_permit", body, permit_id=permit.permit_id)

    assert set(faults) == {"representative.capacity", "representative.id_number"}


def test_an_owner_is_corrected_on_a_cancelled_permit_and_nothing_else_is(
    desk: Desk, read: Any
) -> None:
    permit = desk.issued(**owned_by(OWNER))
    change_permit.cancel_permit(desk.work, permit.permit_id, reason="خارج المخطط")

    correct(desk, permit, OTHER)

    assert ids(read(OWNER)) == set()
    assert [(one["id"], one["status"]) for one in read(OTHER)["items"]] == [
        (permit.permit_id, "cancelled")
    ]
    wanted = {"land": {"street": "شارع تجربة"}}
    with pytest.raises(IllegalTransition):
        change_permit.amend(desk.work, permit.permit_id, reason="حسب الصك", wanted=wanted)


@pytest.mark.parametrize("end", ["cancel_request", "reject"])
def test_an_owner_is_corrected_on_a_request_that_ended(
    api: Any, desk: Desk, read: Any, end: str
) -> None:
    row = desk.take(desk.submit(**owned_by(OWNER)), "send_to_office", "send_to_technical_review")
    if end == "reject":
        review.reject(desk.work, row.request_id, reason="خارج النطاق")
    else:
        review.cancel_request(desk.work, row.request_id)
    status, version = row.status, row.version
    desk.session.flush()
    wanted = {"version": version, "correct": [{"position": 0, "id_number": OTHER}]}

    api.ask("correct_permit_request_owners", wanted, request_id=row.request_id)

    assert ids(read(OWNER)) == set()
    assert [(one["id"], one["status"]) for one in read(OTHER)["items"]] == [
        (row.request_id, status)
    ]
    sold = {"version": version + 1, "remove": [0], "add": owned_by("1000000057")["owners"]}
    faults = api.faults("correct_permit_request_owners", sold, request_id=row.request_id)
    assert faults == {"owners": "owners-by-request"}


def test_a_seller_is_corrected_on_the_sold_permit(desk: Desk, read: Any) -> None:
    plot = owned_by(OWNER)
    sold = desk.issued(**plot)
    buyer = {**plot, "owners": owned_by("1000000057")["owners"]}
    desk.issued(kind="ownership_transfer", previous_permit_id=sold.permit_id, **buyer)

    correct(desk, sold, OTHER)

    assert ids(read(OWNER)) == set()
    assert ids(read(OTHER)) == {sold.permit_id}


def test_a_seller_keeps_the_permit_after_the_sellers_number_was_written_for_the_buyer(
    desk: Desk, read: Any
) -> None:
    plot = owned_by(OWNER)
    sold = desk.issued(**plot)
    bought = desk.issued(kind="ownership_transfer", previous_permit_id=sold.permit_id, **plot)

    correct(desk, bought, OTHER)

    assert ids(read(OWNER)) == {sold.permit_id}
    assert ids(read(OTHER)) == {bought.permit_id}


def test_a_seller_reads_the_sold_permit_and_not_the_buyers(desk: Desk, read: Any) -> None:
    plot = owned_by(OWNER)
    sold = desk.issued(**plot)
    bought = desk.issued(
        kind="ownership_transfer",
        previous_permit_id=sold.permit_id,
        **{**owned_by(OTHER), "land__plots": plot["land__plots"]},
    )

    assert [(one["id"], one["status"]) for one in read(OWNER)["items"]] == [
        (sold.permit_id, "superseded")
    ]
    assert ids(read(OTHER)) == {bought.permit_id}


def test_who_has_to_pay_reads_the_bill_and_its_last_day(desk: Desk, read: Any) -> None:
    row = desk.billed(**owned_by(OWNER))

    [shown] = read(OWNER)["items"]

    assert (shown["status"], shown["next_step"]) == ("awaiting_payment", "payment")
    assert shown["until"] == (legal_day(desk.now) + timedelta(days=30)).isoformat()
    assert shown["until"] == row.due_on.isoformat()
    assert shown["until_hijri"]
    assert shown["bill"] == {"bill_number": None, "biller_code": None, "amount": "744.60"}


def test_a_returned_request_waits_for_the_owner_and_names_the_missing_papers(
    desk: Desk, read: Any
) -> None:
    row = desk.take(desk.submit(**owned_by(OWNER)), "send_to_office", "send_to_technical_review")
    review.return_request(desk.work, row.request_id, notes="ملاحظة للموظفين")

    page = read(OWNER)

    [shown] = page["items"]
    assert (shown["status"], shown["next_step"]) == ("returned", "applicant")
    assert shown["next_title"] == state("permit_request", "returned").next.pair()
    assert (shown["until"], shown["bill"]) == (None, None)
    assert "تقرير مساحي" in {one["ar"] for one in shown["missing_papers"]}
    assert "ملاحظة للموظفين" not in str(page)


def test_an_ended_request_needs_nothing_any_more(desk: Desk, read: Any) -> None:
    row = desk.billed(**owned_by(OWNER))
    review.cancel_request(desk.work, row.request_id)

    [shown] = read(OWNER)["items"]

    assert (shown["status"], shown["next_step"]) == ("cancelled_by_applicant", "none")
    assert (shown["until"], shown["bill"], shown["missing_papers"]) == (None, None, [])


def test_a_suspended_and_an_expired_permit_wait_for_the_owner(desk: Desk, read: Any) -> None:
    now = desk.now
    desk.now -= timedelta(days=1200)
    expired = desk.issued(**owned_by(OWNER))
    desk.now = now
    suspended = desk.issued(**owned_by(OWNER))
    change_permit.suspend(desk.work, suspended.permit_id, reason="سبب", body="الدفاع المدني")

    newest, oldest = read(OWNER)["items"]

    assert (newest["id"], newest["status"]) == (suspended.permit_id, "suspended")
    assert (newest["next_step"], newest["until"]) == ("applicant", None)
    assert (oldest["id"], oldest["status"]) == (expired.permit_id, "expired")
    assert (oldest["next_step"], oldest["until"]) == ("applicant", expired.expires_on.isoformat())


def test_an_older_permit_joins_the_list_once_it_is_verified(desk: Desk, read: Any) -> None:
    older = desk.older(owners=owned_by(OWNER)["owners"])
    before = ids(read(OWNER))

    desk.verified(older)

    assert before == set()
    assert ids(read(OWNER)) == {older.permit_id}


def test_pages_follow_each_other_and_belong_to_one_person(
    desk: Desk, read: Any, api: Any, citizen: Any
) -> None:
    made = {desk.submit(**owned_by(OWNER)).request_id for _ in range(2)}
    made |= {desk.issued(**owned_by(OWNER)).permit_id for _ in range(3)}

    pages, cursor = [read(OWNER, limit=2)], {}
    while pages[-1]["next_cursor"]:
        cursor = {"cursor": pages[-1]["next_cursor"]}
        pages.append(read(OWNER, limit=2, **cursor))

    found = [one["id"] for page in pages for one in page["items"]]
    assert (len(pages), len(found), set(found)) == (3, 5, made)
    of_another = citizen(OTHER, "my-permits.read")
    assert api.faults("list_my_permits", query=cursor, headers=of_another) == {"cursor": "cursor"}


def test_an_officers_token_is_no_citizens(api: Any) -> None:
    assert api.send("list_my_permits").status_code == 404
