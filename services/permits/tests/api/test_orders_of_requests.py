"""Requests beside what happens to the permit that they follow, to the plot and to the money, over HTTP and by the
loops."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from permits.commands import review
from permits.domain.actors import SYSTEM
from permits.domain.requests import InvoiceNotOverdue
from permits.models import PermitRequest
from saudi.days import RIYADH

Paid = Callable[..., str]
HEIR = {
    "name": "زينب بنت علي آل تجربة (بيانات تجريبية)",
    "owner_type": "individual",
    "id_type": "national_id",
    "id_number": "1000000016",
    "mobile": "0500000016",
}
BROTHER = {**HEIR, "name": "حسن بن علي آل تجربة (بيانات تجريبية)", "id_number": "1000000024"}
STEPS = (
    *("send_permit_request_to_office", "send_permit_request_to_technical_review"),
    *("pass_technical_review", "approve_permit_request"),
)
SITE = {
    "boundaries": {
        "north": {"description": "شارع", "length_m": 20, "street_width_m": 15, "setback_m": 4},
        "east": {"description": "جار", "length_m": 27, "setback_m": 2},
    },
    "front": "north",
    "corner_cuts": [{"corner": "north_east", "length_m": 2}],
    "area_by_nature_m2": 541,
    "use_symbol": "س1",
    "survey_decision": {"number": "1448/771", "decided_on": "1448/03/02"},
}


def follows(permit: dict[str, Any], kind: str = "renewal", **more: Any) -> dict[str, Any]:
    """The changes of an application that follows a permit."""
    return {"kind": kind, "previous_permit_id": permit["permit_id"], **more}


def buyer(house: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**house()["owners"][0], "name": "مشتر تجربة", "id_number": "1000000024"}]


def refused(answer: Any, problem: str, code: str | None = None) -> str:
    """The sentence of a refusal."""
    assert answer.status_code == 409, answer.text
    told = answer.json()
    assert told["type"].endswith(f"/{problem}"), told
    assert told.get("code") == code, told
    return str(told["detail"])


@pytest.fixture
def take(api: Any, application: Callable[..., dict[str, Any]]) -> Callable[..., str]:
    """`take(3, kind="renewal")`: a request that was submitted and taken three steps; answers its id."""

    def run(steps: int, **changes: Any) -> str:
        key = str(api.ask("submit_permit_request", application(**changes))["request_id"])
        for step in STEPS[:steps]:
            api.ask(step, request_id=key)
        return key

    return run


# ------------------------------------------------------------------------------ the permit that a request follows

CORRECTIONS: dict[str, Any] = {
    "a number": lambda version: {
        "owners": {"version": version, "correct": [{"position": 0, "id_number": "1000000032"}]}
    },
    "a mobile": lambda version: {
        "owners": {"version": version, "correct": [{"position": 0, "mobile": "0500000032"}]}
    },
    "a co-owner": lambda version: {"owners": {"version": version, "add": [HEIR]}},
    "a smaller area": lambda _: {"building": {"built_area_m2": 300}},
    "the street": lambda _: {"land": {"street": "شارع الملك"}},
    "a setback": lambda _: {"site": {"boundaries": {"east": {"setback_m": 3}}}},
}


@pytest.mark.parametrize("what", CORRECTIONS)
def test_a_renewal_is_not_issued_from_a_stale_copy_of_the_permit(
    api: Any, paid: Paid, what: str
) -> None:
    permit = api.ask("issue_permit", request_id=paid(site=SITE))
    renewal = paid(**follows(permit))
    body = {"reason": "حسب الصك", **CORRECTIONS[what](permit["version"])}
    corrected = api.ask("amend_permit", body, permit_id=permit["permit_id"])

    answer = api.send("issue_permit", request_id=renewal)

    refused(answer, "previous-permit-changed")
    assert api.ask("get_permit", permit_id=permit["permit_id"]) == corrected


CHANGED_OWNERS: dict[str, Any] = {
    "a mobile": CORRECTIONS["a mobile"],
    "a co-owner": lambda version: {"owners": {"version": version, "add": [BROTHER]}},
    "an heir who isn't one": lambda version: {"owners": {"version": version, "remove": [1]}},
    "the first owner": lambda version: {"owners": {"version": version, "remove": [0]}},
    "another person": lambda version: {
        "owners": {"version": version, "remove": [1], "add": [BROTHER]}
    },
}


@pytest.mark.parametrize("kind", ["addition", "correction", "restoration"])
@pytest.mark.parametrize("what", CHANGED_OWNERS)
def test_no_kind_of_permit_is_issued_to_owners_who_were_corrected_after_the_payment(
    api: Any, paid: Paid, house: Callable[..., dict[str, Any]], what: str, kind: str
) -> None:
    owners = [house()["owners"][0], HEIR]
    permit = api.ask("issue_permit", request_id=paid(owners=owners))
    at = {"request_id": paid(**follows(permit, kind, owners=owners))}
    body = {"reason": "حسب صك حصر الورثة", **CHANGED_OWNERS[what](permit["version"])}
    corrected = api.ask("amend_permit", body, permit_id=permit["permit_id"])

    told = refused(api.send("issue_permit", **at), "previous-permit-changed")
    api.ask("return_permit_request", {"notes": "صحح الملاك"}, **at)
    stale = api.faults("resubmit_permit_request", {"note": "كما هو"}, **at)

    assert "الملاك" in told
    assert stale == {"owners": "previous-corrected"}
    assert api.ask("get_permit", permit_id=permit["permit_id"]) == corrected


def test_an_heir_who_was_removed_gets_no_permit_alone(
    api: Any, paid: Paid, house: Callable[..., dict[str, Any]]
) -> None:
    owners = [house()["owners"][0], HEIR]
    permit = api.ask("issue_permit", request_id=paid(owners=owners))
    at = {"request_id": paid(**follows(permit, "addition", owners=[HEIR]))}
    removed = {"owners": {"version": permit["version"], "remove": [1]}}
    body = {"reason": "حسب صك حصر الورثة", **removed}
    api.ask("amend_permit", body, permit_id=permit["permit_id"])

    refused(api.send("issue_permit", **at), "previous-permit-changed")


def test_a_request_is_sent_again_with_the_owners_of_today_and_a_person_more(
    api: Any, paid: Paid, house: Callable[..., dict[str, Any]]
) -> None:
    owner = house()["owners"][0]
    permit = api.ask("issue_permit", request_id=paid(owners=[owner, HEIR]))
    buyer = {**HEIR, "name": "مشتر تجربة", "id_number": "1000000032"}
    at = {"request_id": paid(**follows(permit, "addition", owners=[owner, buyer]))}
    forgotten = {"owners": {"version": permit["version"], "add": [BROTHER]}}
    body = {"reason": "وارث أغفل", **forgotten}
    api.ask("amend_permit", body, permit_id=permit["permit_id"])

    refused(api.send("issue_permit", **at), "previous-permit-changed")
    returned = api.ask("return_permit_request", {"notes": "أغفل وارث"}, **at)
    added = {"version": returned["version"], "add": [BROTHER]}
    api.ask("correct_permit_request_owners", added, **at)
    sent = api.ask("resubmit_permit_request", {"note": "أضيف"}, **at)

    assert [one["id_number"][-2:] for one in sent["owners"]] == ["08", "32", "24"]


def test_a_request_that_was_overtaken_by_a_correction_goes_back_and_keeps_its_money(
    api: Any, paid: Paid
) -> None:
    permit = api.ask("issue_permit", request_id=paid())
    at = {"request_id": paid(**follows(permit))}
    body = {"reason": "مالك أغفل", **CORRECTIONS["a co-owner"](permit["version"])}
    api.ask("amend_permit", body, permit_id=permit["permit_id"])

    api.send("issue_permit", **at)
    returned = api.ask("return_permit_request", {"notes": "صححت الرخصة السابقة"}, **at)
    assert returned["invoice"]["status"] == "held"
    stale = api.faults("resubmit_permit_request", {"note": "كما هو"}, **at)
    assert stale == {"owners": "other-owners"}
    added = {"version": returned["version"], "add": [HEIR]}
    api.ask("correct_permit_request_owners", added, **at)
    api.ask("resubmit_permit_request", {"note": "أضيفت"}, **at)
    for step in STEPS[1:]:
        api.ask(step, **at)
    carried = api.ask("request_payment", {}, **at)
    renewed = api.ask("issue_permit", **at)

    assert (carried["status"], carried["invoice"]["status"]) == ("paid", "paid")
    assert [one["name"] for one in renewed["owners"]][1:] == [HEIR["name"]]


def test_a_request_whose_owner_was_corrected_with_the_permit_goes_back_and_needs_no_other_change(
    api: Any, paid: Paid
) -> None:
    permit = api.ask("issue_permit", request_id=paid())
    at = {"request_id": paid(**follows(permit))}
    body = {"reason": "خطأ مطبعي", **CORRECTIONS["a number"](permit["version"])}
    corrected = api.ask("amend_permit", body, permit_id=permit["permit_id"])

    warned = api.ask("get_permit_request", **at)
    refused(api.send("issue_permit", **at), "previous-permit-changed")
    api.ask("return_permit_request", {"notes": "صحح رقم المالك"}, **at)
    sent = api.ask("resubmit_permit_request", {"note": "كما هو"}, **at)
    for step in STEPS[1:]:
        approved = api.ask(step, **at)

    assert "owner-corrected" in {one["code"] for one in warned["warnings"]}
    assert "owner-corrected" not in {one["code"] for one in sent["warnings"]}
    assert approved["owners"] == corrected["owners"]


def test_a_request_sent_again_with_the_old_value_of_a_correction_names_the_field(
    api: Any, paid: Paid
) -> None:
    permit = api.ask("issue_permit", request_id=paid(site=SITE))
    at = {"request_id": paid(**follows(permit))}
    wanted = {**CORRECTIONS["the street"](0), **CORRECTIONS["a setback"](0)}
    api.ask("amend_permit", {"reason": "حسب الصك", **wanted}, permit_id=permit["permit_id"])
    api.ask("return_permit_request", {"notes": "صححت الرخصة السابقة"}, **at)

    faults = api.faults("resubmit_permit_request", {"note": "كما هو"}, **at)

    assert faults == {
        "land.street": "previous-corrected",
        "site.boundaries.east.setback_m": "previous-corrected",
    }


@pytest.mark.parametrize("kind", ["addition", "restoration", "demolition", "correction"])
def test_a_corrected_owner_hinders_no_request_of_other_owners(
    api: Any,
    paid: Paid,
    take: Callable[..., str],
    house: Callable[..., dict[str, Any]],
    kind: str,
) -> None:
    permit = api.ask("issue_permit", request_id=paid())
    sent = follows(permit, kind, owners=buyer(house))
    at, draft = {"request_id": paid(**sent)}, take(0, **sent)
    body = {"reason": "خطأ مطبعي", **CORRECTIONS["a mobile"](permit["version"])}
    api.ask("amend_permit", body, permit_id=permit["permit_id"])

    api.ask("edit_permit_request", {"remarks": "تصحيح"}, request_id=draft)
    issued = api.ask("issue_permit", **at)

    assert [one["name"] for one in issued["owners"]] == ["مشتر تجربة"]


def test_a_renewal_that_completes_one_owner_takes_over_only_the_correction_of_the_other(
    api: Any, paid: Paid, house: Callable[..., dict[str, Any]]
) -> None:
    owner = house()["owners"][0]
    permit = api.ask("issue_permit", request_id=paid(owners=[{**owner, "mobile": None}, HEIR]))
    at = {"request_id": paid(**follows(permit, owners=[owner, HEIR]))}
    mobile = {"correct": [{"position": 1, "mobile": "0500000032"}]}
    body = {"reason": "خطأ مطبعي", "owners": {"version": permit["version"], **mobile}}
    api.ask("amend_permit", body, permit_id=permit["permit_id"])

    refused(api.send("issue_permit", **at), "previous-permit-changed")
    returned = api.ask("return_permit_request", {"notes": "صححت الرخصة السابقة"}, **at)
    stale = api.faults("resubmit_permit_request", {"note": "كما هو"}, **at)
    assert stale == {"owners": "previous-corrected"}
    wanted = {"version": returned["version"], **mobile}
    corrected = api.ask("correct_permit_request_owners", wanted, **at)
    api.ask("resubmit_permit_request", {"note": "صحح الجوال"}, **at)
    for step in STEPS[1:]:
        api.ask(step, **at)
    api.ask("request_payment", {}, **at)
    renewed = api.ask("issue_permit", **at)

    assert renewed["owners"] == corrected["owners"]
    assert renewed["owners"][0]["mobile"] is not None


def test_an_owner_who_moved_up_after_the_correction_still_has_to_have_it(
    api: Any, paid: Paid, house: Callable[..., dict[str, Any]]
) -> None:
    owners = [house()["owners"][0], HEIR, {**HEIR, "id_number": "1000000024", "name": "وارث"}]
    permit = api.ask("issue_permit", request_id=paid(owners=owners))
    at = {"request_id": paid(**follows(permit, owners=owners))}
    for wanted in (
        {"correct": [{"position": 1, "mobile": "0500000032"}]},
        {"remove": [0]},
    ):
        body = {"reason": "حسب الصك", "owners": {"version": permit["version"], **wanted}}
        permit = api.ask("amend_permit", body, permit_id=permit["permit_id"])
    returned = api.ask("return_permit_request", {"notes": "صححت الرخصة السابقة"}, **at)

    removed = {"version": returned["version"], "remove": [0]}
    stale = api.faults("correct_permit_request_owners", removed, **at)

    assert stale == {"owners": "previous-corrected"}


def test_only_later_corrections_concern_a_request_that_has_no_version_of_its_permit(
    api: Any, paid: Paid, database: Database
) -> None:
    permit = api.ask("issue_permit", request_id=paid(site=SITE))
    in_permit = {"permit_id": permit["permit_id"]}
    api.ask("amend_permit", {"reason": "سبب", **CORRECTIONS["the street"](0)}, **in_permit)
    at = {"request_id": paid(**follows(permit, site=SITE))}
    with database.transaction() as session:
        row = update(PermitRequest).where(PermitRequest.request_id == at["request_id"])
        session.execute(row.values(previous_version=None))

    api.ask("return_permit_request", {"notes": "راجعوا"}, **at)
    api.ask("edit_permit_request", {"remarks": "تصحيح"}, **at)
    api.ask("amend_permit", {"reason": "سبب", **CORRECTIONS["a setback"](0)}, **in_permit)
    stale = api.faults("edit_permit_request", {"remarks": "آخر"}, **at)

    assert stale == {"site.boundaries.east.setback_m": "previous-corrected"}


def test_a_permit_that_was_replaced_is_followed_by_nothing_that_is_approved_or_billed(
    api: Any, paid: Paid, take: Callable[..., str], house: Callable[..., dict[str, Any]]
) -> None:
    permit = api.ask("issue_permit", request_id=paid())
    reviewed, approved = take(3, **follows(permit)), take(4, **follows(permit))
    sold = paid(**follows(permit, "ownership_transfer", owners=buyer(house)))
    api.ask("issue_permit", request_id=sold)

    for step, key, body in (
        ("approve_permit_request", reviewed, None),
        ("request_payment", approved, {}),
    ):
        answer = api.send(step, body, request_id=key)
        refused(answer, "previous-permit-not-usable", "superseded")


def test_the_bill_of_a_request_is_withdrawn_as_soon_as_its_permit_is_replaced(
    api: Any,
    paid: Paid,
    take: Callable[..., str],
    house: Callable[..., dict[str, Any]],
    loops: Any,
) -> None:
    permit = api.ask("issue_permit", request_id=paid())
    at = {"request_id": take(4, **follows(permit))}
    api.ask("request_payment", {}, **at)
    sold = paid(**follows(permit, "ownership_transfer", owners=buyer(house)))
    api.ask("issue_permit", request_id=sold)

    loops.fire(datetime.now(UTC))

    row = api.ask("get_permit_request", **at)
    assert (row["status"], row["reason_code"]) == ("approved", "previous-permit-ended")
    assert row["invoice"]["status"] == "withdrawn"
    assert "previous-permit-ended" in [one["code"] for one in row["warnings"]]
    ended = api.ask("reject_permit_request", {"reason": "بيعت الأرض وصدرت رخصة المشتري"}, **at)
    assert ended["status"] == "rejected"


def test_the_municipality_ends_a_paid_request_whose_permit_was_replaced_and_the_money_goes_back(
    api: Any, paid: Paid, house: Callable[..., dict[str, Any]], loops: Any
) -> None:
    permit = api.ask("issue_permit", request_id=paid())
    at = {"request_id": paid(**follows(permit))}
    sold = paid(**follows(permit, "ownership_transfer", owners=buyer(house)))
    api.ask("issue_permit", request_id=sold)
    loops.fire(datetime.now(UTC))
    refused(api.send("issue_permit", **at), "previous-permit-not-usable", "superseded")

    ended = api.ask("reject_permit_request", {"reason": "بيعت الأرض وصدرت رخصة المشتري"}, **at)

    assert (ended["status"], ended["invoice"]["status"]) == ("rejected", "refund_requested")


# ---------------------------------------------------------------------------------------- a corrected part of a part


def test_an_edited_setback_leaves_the_survey_decision_and_the_other_sides(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    clearances = {"insurance_policy_number": "M-1", "civil_defence": {"number": "د/77"}}
    sent = application(site=SITE, clearances=clearances)
    before = api.ask("submit_permit_request", sent)
    at = {"request_id": before["request_id"]}

    edited = api.ask(
        "edit_permit_request", {"site": {"boundaries": {"north": {"setback_m": 5}}}}, **at
    )
    cleared = api.ask(
        "edit_permit_request", {"clearances": {"insurance_policy_number": "M-2"}}, **at
    )

    north = {**before["site"]["boundaries"]["north"], "setback_m": 5}
    boundaries = {**before["site"]["boundaries"], "north": north}
    assert edited["site"] == {**before["site"], "boundaries": boundaries}
    assert cleared["clearances"]["civil_defence"] == before["clearances"]["civil_defence"]
    [change] = api.ask("get_permit_request_history", **at)["items"][1]["changes"]
    assert (change["from"], change["to"]) == ("4", "5")


def test_a_resubmitted_setback_leaves_the_survey_decision(
    api: Any, take: Callable[..., str]
) -> None:
    at = {"request_id": take(2, site=SITE)}
    returned = api.ask("return_permit_request", {"notes": "تعديل الارتداد الأمامي إلى 5 م"}, **at)

    changes = {"site": {"boundaries": {"north": {"setback_m": 5}}}}
    sent = api.ask("resubmit_permit_request", changes, **at)

    assert sent["site"]["survey_decision"] == returned["site"]["survey_decision"]
    assert sent["site"]["boundaries"]["east"] == returned["site"]["boundaries"]["east"]


# ------------------------------------------------------------------------------------------------- the same plot

PLOT = {"land__plots": ["9417"]}


def stopped(api: Any, permit_id: str, how: str) -> None:
    if how == "suspended":
        body = {"reason": "خطر انهيار", "body": "الدفاع المدني"}
        api.ask("suspend_permit", body, permit_id=permit_id)
    else:
        api.ask("cancel_permit", {"reason": "صدرت خطأ"}, permit_id=permit_id)


@pytest.mark.parametrize("how", ["suspended", "cancelled"])
def test_a_new_permit_beside_a_stopped_permit_of_the_plot_needs_a_decision_that_names_it(
    api: Any, paid: Paid, take: Callable[..., str], how: str
) -> None:
    permit = api.ask("issue_permit", request_id=paid(**PLOT))
    at = {"request_id": take(3, **PLOT)}
    stopped(api, permit["permit_id"], how)

    told = refused(api.send("approve_permit_request", {"note": "مكتمل"}, **at), "plot-stopped")
    assert permit["permit_number"] in told
    other = api.send("approve_permit_request", {"despite": ["1448/999999"]}, **at)
    refused(other, "plot-stopped")
    body = {"despite": [permit["permit_number"]], "note": "أزيل الخطر بمحضر"}
    approved = api.ask("approve_permit_request", body, **at)

    assert approved["status"] == "approved"
    [named] = [one for one in approved["warnings"] if one["code"] == "plot-stopped"]
    assert permit["permit_number"] in named["title"]["ar"]
    history = api.ask("get_permit_request_history", **at)["items"]
    assert permit["permit_number"] in [one["to"] for one in history[-1]["changes"]]


@pytest.mark.parametrize("how", ["suspended", "cancelled"])
def test_a_plot_that_is_stopped_after_the_approval_issues_nothing(
    api: Any, paid: Paid, how: str
) -> None:
    permit = api.ask("issue_permit", request_id=paid(**PLOT))
    at = {"request_id": paid(**PLOT)}
    stopped(api, permit["permit_id"], how)

    told = refused(api.send("issue_permit", **at), "plot-stopped")

    assert permit["permit_number"] in told
    assert api.ask("get_permit_request", **at)["status"] == "paid"


def test_an_approval_despite_one_suspension_is_none_despite_the_next(
    api: Any, take: Callable[..., str], paid: Paid, pay: Callable[[dict[str, Any]], None]
) -> None:
    permit = api.ask("issue_permit", request_id=paid(**PLOT))
    stopped(api, permit["permit_id"], "suspended")
    at = {"request_id": take(3, **PLOT)}
    api.ask("approve_permit_request", {"despite": [permit["permit_number"]], "note": "أزيل"}, **at)
    pay(api.ask("request_payment", {}, **at))

    again = {"reason": "البناء على أرض الغير", "body": "المحكمة"}
    api.ask("suspend_permit", again, permit_id=permit["permit_id"])

    told = refused(api.send("issue_permit", **at), "plot-stopped")
    assert again["reason"] in told


def test_a_suspension_that_is_lifted_after_the_approval_hinders_nothing(
    api: Any, take: Callable[..., str], paid: Paid, pay: Callable[[dict[str, Any]], None]
) -> None:
    permit = api.ask("issue_permit", request_id=paid(**PLOT))
    stopped(api, permit["permit_id"], "suspended")
    other = {"reason": "البناء على أرض الغير", "body": "المحكمة"}
    twice = api.ask("suspend_permit", other, permit_id=permit["permit_id"])
    at = {"request_id": take(3, **PLOT)}
    api.ask("approve_permit_request", {"despite": [permit["permit_number"]], "note": "أزيل"}, **at)
    pay(api.ask("request_payment", {}, **at))

    newest = twice["suspensions"][-1]["suspension_id"]
    lifted = {"reason": "حكم نهائي", "suspension_id": newest}
    api.ask("reinstate_permit", lifted, permit_id=permit["permit_id"])

    assert api.ask("issue_permit", **at)["status"] == "valid"


def test_a_suspended_permit_is_not_cancelled_for_its_owner(api: Any, paid: Paid) -> None:
    permit = api.ask("issue_permit", request_id=paid(**PLOT))
    stopped(api, permit["permit_id"], "suspended")

    body = {"reason": "عدول المالك", "papers": ["طلب المالك"]}
    answer = api.send("cancel_permit_for_owner", body, permit_id=permit["permit_id"])

    refused(answer, "illegal-transition", "suspended")


def test_a_permit_that_its_owner_gave_up_stops_nothing(
    api: Any, paid: Paid, take: Callable[..., str]
) -> None:
    permit = api.ask("issue_permit", request_id=paid(**PLOT))
    body = {"reason": "عدول المالك", "papers": ["طلب المالك"]}
    api.ask("cancel_permit_for_owner", body, permit_id=permit["permit_id"])

    assert api.ask("get_permit_request", request_id=take(4, **PLOT))["status"] == "approved"


# ------------------------------------------------------------------------------------------------------- the money


@pytest.mark.parametrize("moved", ["municipality", "owners"])
def test_held_money_is_not_carried_to_another_municipality_or_payer(
    api: Any, paid: Paid, house: Callable[..., dict[str, Any]], moved: str
) -> None:
    at = {"request_id": paid(municipality="saihat", land__town="سيهات", land__district="الديرة")}
    before = api.ask("return_permit_request", {"notes": "راجعوا البلدية"}, **at)
    owners = buyer(house)
    changes = {"owners": owners} if moved == "owners" else {"municipality": "safwa"}
    api.ask("edit_permit_request", changes, **at)
    api.ask("resubmit_permit_request", {"note": "عدل"}, **at)
    for step in STEPS[1:]:
        api.ask(step, **at)

    billed = api.ask("request_payment", {}, **at)

    assert billed["status"] == "awaiting_payment"
    assert billed["invoice"]["invoice_id"] != before["invoice"]["invoice_id"]
    told = api.ask("get_permit_request_history", **at)["items"][-1]["changes"]
    assert {"held.amount", "refund.amount"} <= {one["field"] for one in told}


def test_an_unpaid_request_is_not_ended_before_the_bill_itself_ends(
    api: Any, take: Callable[..., str], desk: Any
) -> None:
    key = take(4)
    row = api.ask("request_payment", {}, request_id=key)
    due_on = datetime.fromisoformat(row["invoice"]["due_on"]).date()
    next_morning = datetime.combine(due_on + timedelta(days=1), time(8), RIYADH)
    desk.now = next_morning.astimezone(UTC)

    with pytest.raises(InvoiceNotOverdue):
        review.expire_unpaid(desk.work, key)
    desk.now += timedelta(hours=16)
    ended = review.expire_unpaid(desk.work, key)

    assert ended.status == "expired_unpaid"


class LastDay:
    """The last day to pay of a request that was billed, and what is heard of its bill afterwards."""

    def __init__(self, loops: Any, database: Database, row: dict[str, Any]) -> None:
        self.loops, self.database, self.request_id = loops, database, row["request_id"]
        due_on = datetime.fromisoformat(row["invoice"]["due_on"])
        self.noon = datetime.combine(due_on, time(12), RIYADH)
        self.bill = {"service": "permits", "invoice_id": row["invoice"]["invoice_id"]}

    def end_unpaid(self, who: str) -> None:
        self.loops.now = (self.noon + timedelta(days=2)).astimezone(UTC)
        if who == "payments":
            self.loops.tell("payments.bill", "expired", **self.bill, status="expired")
            return
        with self.database.transaction() as session:
            work = UnitOfWork(session, SYSTEM, self.loops.now)
            review.expire_unpaid(work, self.request_id)

    def hear_of_payment(self, paid_at: datetime) -> None:
        money = {"payment_id": str(uuid4()), "paid_at": paid_at.isoformat()}
        self.loops.tell("payments.payment", "settled", **self.bill, **money)


@pytest.fixture
def last_day(
    api: Any, take: Callable[..., str], loops: Any, database: Database
) -> Callable[..., LastDay]:
    """`last_day(request_number=...)`: that of a request that was just billed."""

    def run(**changes: Any) -> LastDay:
        return LastDay(
            loops, database, api.ask("request_payment", {}, request_id=take(4, **changes))
        )

    return run


@pytest.mark.parametrize("who", ["an officer", "payments"])
@pytest.mark.parametrize(
    ("hours_after_noon", "becomes", "money"),
    [(11, "paid", "paid"), (13, "expired_unpaid", "refund_requested")],
)
def test_money_that_was_paid_in_time_revives_a_request_whenever_it_is_heard_of(
    api: Any,
    last_day: Callable[..., LastDay],
    who: str,
    hours_after_noon: int,
    becomes: str,
    money: str,
) -> None:
    last = last_day()
    last.end_unpaid(who)
    ended = api.ask("get_permit_request", request_id=last.request_id)

    last.hear_of_payment(last.noon + timedelta(hours=hours_after_noon))

    row = api.ask("get_permit_request", request_id=last.request_id)
    assert ended["status"] == "expired_unpaid"
    assert (row["status"], row["invoice"]["status"]) == (becomes, money)


def test_late_news_of_money_revives_no_request_whose_number_was_taken_up(
    api: Any, application: Callable[..., dict[str, Any]], last_day: Callable[..., LastDay]
) -> None:
    number = str(uuid4().int)[:14]
    last = last_day(request_number=number)
    last.end_unpaid("payments")
    anew = api.ask("submit_permit_request", application(request_number=number))

    last.hear_of_payment(last.noon)

    row = api.ask("get_permit_request", request_id=last.request_id)
    assert (row["status"], row["invoice"]["status"]) == ("expired_unpaid", "refund_requested")
    assert api.ask("get_permit_request", request_id=anew["request_id"])["status"] == "draft"
