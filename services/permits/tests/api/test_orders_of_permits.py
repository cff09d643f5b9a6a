"""Suspensions, corrections, cancellations, occupancy, current and sales of a permit in every order: over HTTP, with the
company's entries through the consumer."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.core import contracts
from chassis.events.contacts import contacts_of
from permits.commands import change_permit
from permits.commands.change_permit import OwnersRequest

from .test_buildings import ASKED, REASON, SEEN, SIGNED, TODAY
from .test_orders_of_requests import HEIR, Paid, buyer, follows, refused

FIRST, SECOND = "لا مشرف على الموقع", "خطر انهيار"
ANOTHER = {"sub": "p_reviewer", "name": "مهندس تجربة"}


def suspend(api: Any, at: dict[str, str], reason: str = SECOND) -> str:
    """Suspends the permit, and answers the id of the suspension."""
    row = api.ask("suspend_permit", {"reason": reason, "body": "الدفاع المدني"}, **at)
    return str(row["suspensions"][-1]["suspension_id"])


def reasons(row: dict[str, Any]) -> list[str]:
    return [one["reason"] for one in row["suspensions"]]


# --------------------------------------------------------------------------------------------------- suspensions


def test_two_suspensions_need_two_liftings(api: Any, permit: dict[str, Any], desk: Any) -> None:
    at = {"permit_id": permit["permit_id"]}
    first, second = suspend(api, at, FIRST), suspend(api, at, SECOND)

    unnamed = api.faults("reinstate_permit", {"reason": "عولج"}, **at)
    unknown = {"reason": "عولج", "suspension_id": permit["permit_id"]}
    assert unnamed == {"suspension_id": "required"}
    assert api.faults("reinstate_permit", unknown, **at) == {"suspension_id": "suspension-unknown"}
    left = api.ask("reinstate_permit", {"reason": "عين مشرف", "suspension_id": first}, **at)
    assert (left["status"], left["suspension"]["reason"]) == ("suspended", SECOND)
    lifted = api.ask("reinstate_permit", {"reason": "أزيل الخطر", "suspension_id": second}, **at)

    assert (lifted["status"], lifted["suspension"], lifted["suspensions"]) == ("valid", None, [])
    events = desk.published(permit["permit_id"])
    assert [one.happened for one in events] == [
        *("issued", "suspended", "suspended", "amended", "reinstated"),
    ]
    assert reasons(events[3].data) == [SECOND]


def test_an_accepted_appeal_lifts_only_the_suspension_that_it_is_against(
    api: Any, permit: dict[str, Any]
) -> None:
    at = {"permit_id": permit["permit_id"]}
    suspend(api, at, FIRST)
    filing = {"against": "suspension", "of": permit["permit_id"], "grounds": "المشرف معين"}
    appeal = api.ask("file_appeal", filing)
    suspend(api, at, SECOND)

    api.ask("accept_appeal", {"reason": "ثبت تعيين المشرف"}, appeal_id=appeal["appeal_id"])

    row = api.ask("get_permit", **at)
    assert (row["status"], reasons(row)) == ("suspended", [SECOND])


def test_each_suspension_is_appealed_against_by_itself(api: Any, permit: dict[str, Any]) -> None:
    at = {"permit_id": permit["permit_id"]}
    filings = [
        {"against": "suspension", "of": permit["permit_id"], "grounds": "سبب", "suspension_id": one}
        for one in (suspend(api, at, FIRST), suspend(api, at, SECOND))
    ]

    of_first, of_second = [api.ask("file_appeal", filing)["appeal_id"] for filing in filings]
    api.ask("accept_appeal", {"reason": "أزيل الخطر"}, appeal_id=of_second)
    row = api.ask("get_permit", **at)
    api.ask("accept_appeal", {"reason": "ثبت تعيين المشرف"}, appeal_id=of_first)

    assert (row["status"], reasons(row)) == ("suspended", [FIRST])
    assert api.ask("get_permit", **at)["status"] == "valid"


def test_an_expired_permit_is_suspended_and_isn_t_renewed_meanwhile(
    api: Any, paper: Any, application: Callable[..., dict[str, Any]]
) -> None:
    expired = api.ask("enter_older_permit", paper(issued_on="1440/09/01"))
    at = {"permit_id": expired["permit_id"]}
    api.ask("verify_permit", {"version": 1}, **at)
    suspend(api, at)
    renewal = application(**follows(expired))

    refused(api.send("submit_permit_request", renewal), "previous-permit-not-usable", "suspended")
    api.ask("reinstate_permit", {"reason": "أزيل الخطر"}, **at)

    assert expired["effective_status"] == "expired"
    assert api.ask("submit_permit_request", renewal)["status"] == "draft"


# ------------------------------------------------------------------------------------------- what a correction is not


def amend(api: Any, row: dict[str, Any], wanted: dict[str, Any], how: str = "ask") -> Any:
    """Corrects the permit, or answers the faults of a correction."""
    body = {"reason": "حسب الصك", **wanted}
    return getattr(api, how)("amend_permit", body, permit_id=row["permit_id"])


def of_owners(row: dict[str, Any], **wanted: Any) -> dict[str, Any]:
    return {"owners": {"version": row["version"], **wanted}}


@pytest.mark.parametrize("suspended", [False, True])
def test_a_correction_is_no_sale_no_other_use_and_no_addition(
    api: Any, permit: dict[str, Any], house: Callable[..., dict[str, Any]], suspended: bool
) -> None:
    at = {"permit_id": permit["permit_id"]}
    if suspended:
        suspend(api, at)
    row = api.ask("get_permit", **at)
    larger = {"building": {"built_area_m2": 900}}

    sale = amend(api, row, of_owners(row, add=buyer(house), remove=[0]), "faults")
    use = amend(api, row, {"use_class": "commercial"}, "faults")
    addition = amend(api, row, larger, "faults")

    assert sale == {"owners": "owners-by-request"}
    assert use == {"use_class": "use-by-request"}
    assert addition == {"building": "building-by-request"}
    assert api.ask("get_permit", **at) == row


def test_all_owners_do_not_change_in_two_corrections_either(
    api: Any, permit: dict[str, Any], house: Callable[..., dict[str, Any]]
) -> None:
    row = amend(api, permit, of_owners(permit, add=buyer(house)))

    faults = amend(api, row, of_owners(row, remove=[0]), "faults")

    assert faults == {"owners": "owners-by-request"}


def test_a_typing_error_in_a_number_or_a_forgotten_heir_is_a_correction(
    api: Any, permit: dict[str, Any]
) -> None:
    correct = [{"position": 0, "id_number": "1000000032"}]
    row = amend(api, permit, of_owners(permit, correct=correct))

    row = amend(api, row, of_owners(row, add=[HEIR]))

    assert [one["id_number"] for one in row["owners"]] == ["10******32", "10******16"]


def test_a_building_that_was_recorded_too_small_is_corrected_up_to_what_was_paid_for(
    api: Any, permit: dict[str, Any]
) -> None:
    paid_for = permit["building"]["built_area_m2"]
    amend(api, permit, {"building": {"built_area_m2": 300}})

    row = amend(api, permit, {"building": {"built_area_m2": paid_for}})

    assert row["building"]["built_area_m2"] == paid_for


def test_a_corrected_older_permit_is_verified_again_by_another_person(api: Any, paper: Any) -> None:
    row = api.ask("enter_older_permit", paper(issued_on="1446/09/01"))
    at = {"permit_id": row["permit_id"]}
    row = api.ask("verify_permit", {"version": row["version"]}, **at)
    row = amend(api, row, {"use_class": "commercial"})
    body = {"version": row["version"]}

    api.claims = {"sub": "p_test"}
    alone = api.send("verify_permit", body, **at).json()
    api.claims = {}

    assert (row["verified"], alone["type"].rsplit("/", 1)[-1]) == (False, "duties-separated")
    assert api.ask("verify_permit", body, **at)["verified"] is True


# --------------------------------------------------------------------------------------- the owner's own cancellation

ASKED_BY_OWNERS = {"reason": "عدول الملاك", "papers": ["طلب موقع"]}


def test_one_of_several_owners_does_not_cancel_the_permit_of_all(
    api: Any, paid: Paid, house: Callable[..., dict[str, Any]]
) -> None:
    owners = [{**house()["owners"][0], "share": "1/2"}, {**HEIR, "share": "1/2"}]
    row = api.ask("issue_permit", request_id=paid(owners=owners))
    at = {"permit_id": row["permit_id"]}

    faults = api.faults("cancel_permit_for_owner", ASKED_BY_OWNERS, **at)
    cancelled = api.ask("cancel_permit_for_owner", {**ASKED_BY_OWNERS, "owners": [0, 1]}, **at)

    assert (faults, cancelled["status"]) == ({"owners": "all-owners"}, "cancelled")


@pytest.fixture
def given_up(desk: Any) -> Callable[[int], dict[str, str]]:
    """`given_up(60)`: a permit that was cancelled for its owner so many days ago."""

    def run(days: int) -> dict[str, str]:
        desk.now = datetime.now(UTC) - timedelta(days=days)
        row = desk.issued()
        asked = OwnersRequest(reason="عدول الملاك", papers=("طلب موقع",))
        change_permit.cancel_for_owner(desk.work, row.permit_id, asked)
        desk.session.flush()
        return {"permit_id": row.permit_id}

    return run


def test_another_person_undoes_a_cancellation_for_the_owner_in_time(
    api: Any, given_up: Callable[[int], dict[str, str]], desk: Any
) -> None:
    at, body = given_up(60), {"reason": "أُلغيت رخصة أخرى خطأ"}

    api.claims = {"sub": desk.officer.subject}
    alone = api.send("undo_permit_cancellation", body, **at)
    api.claims = ANOTHER
    undone = api.ask("undo_permit_cancellation", body, **at)

    refused(alone, "duties-separated", "cancelled-undoes")
    assert (undone["status"], undone["cancellation"]) == ("valid", None)
    assert desk.published(at["permit_id"])[-1].happened == "reinstated"


def test_the_cancellation_by_the_municipality_and_a_late_one_are_not_undone_so(
    api: Any, permit: dict[str, Any], given_up: Callable[[int], dict[str, str]]
) -> None:
    by_municipality, late = {"permit_id": permit["permit_id"]}, given_up(61)
    api.ask("cancel_permit", {"reason": "صدرت خطأ"}, **by_municipality)
    api.claims = ANOTHER

    for at, code in ((by_municipality, "by-municipality"), (late, "too-late")):
        answer = api.send("undo_permit_cancellation", {"reason": "سبب مذكور"}, **at)
        refused(answer, "cancellation-stands", code)


# ------------------------------------------------------------------------------------------------------- occupancy

TEMPORARY = {**ASKED, "kind": "temporary"}
REPLACING: dict[str, Any] = {
    "ownership_transfer": lambda house: {"owners": buyer(house)},
    "addition": lambda house: {"building": {**house()["building"], "built_area_m2": 500}},
}


def lived_in(api: Any, at: dict[str, str]) -> dict[str, str]:
    """A temporary occupancy certificate of an insulated house."""
    row = api.ask("request_occupancy_certificate", TEMPORARY, **at)
    certificate = {"certificate_id": row["certificate_id"]}
    api.ask("record_occupancy_inspection", SEEN, **certificate)
    until = str(TODAY + timedelta(days=180))
    api.ask("issue_occupancy_certificate", {**SIGNED, "valid_until": until}, **certificate)
    return certificate


@pytest.mark.parametrize("kind", REPLACING)
def test_a_temporary_occupancy_certificate_ends_with_the_permit_that_is_replaced(
    api: Any,
    insulation: dict[str, Any],
    paid: Paid,
    house: Callable[..., dict[str, Any]],
    desk: Any,
    kind: str,
) -> None:
    at = {"permit_id": insulation["permit_id"]}
    permit = api.ask("get_permit", **at)
    held, another = lived_in(api, at), api.ask("request_occupancy_certificate", TEMPORARY, **at)

    sent = follows(permit, kind, **REPLACING[kind](house))
    after = api.ask("issue_permit", request_id=paid(**sent))

    row = api.ask("get_certificate", **held)
    assert (row["flagged"], row["flag_reason"]) == (True, "permit-replaced")
    assert api.ask("get_permit", **at)["occupancy"]["flagged"] is True
    waiting = api.ask("get_certificate", certificate_id=another["certificate_id"])
    assert (waiting["status"], after["occupancy"]) == ("rejected", None)
    assert desk.published(at["permit_id"])[-1].data["occupancy"]["flagged"] is True
    assert desk.published(held["certificate_id"])[-1].happened == "flagged"


def test_a_temporary_certificate_goes_along_with_a_renewal(
    api: Any, insulation: dict[str, Any], paid: Paid
) -> None:
    at = {"permit_id": insulation["permit_id"]}
    permit, held = api.ask("get_permit", **at), lived_in(api, at)

    after = api.ask("issue_permit", request_id=paid(**follows(permit)))

    row = api.ask("get_certificate", **held)
    assert (row["flagged"], row["permit_id"]) == (False, after["permit_id"])


# ------------------------------------------------------------------------------------------ what the company enters


class Company:
    """The electricity company, whose entries the consumer takes as the gateway publishes them."""

    def __init__(self, loops: Any, desk: Any) -> None:
        self._loops, self._desk = loops, desk

    def enter(self, about: str, permit: dict[str, Any], **parts: Any) -> dict[str, Any]:
        """Answers what permits published about the entry."""
        self._loops.now = datetime.now(UTC)
        place = {name: permit[name] for name in ("permit_id", "permit_number", "municipality")}
        key, moment = str(uuid4()), self._loops.now.isoformat()
        own = {"entry_id": key, "entered_at": moment, **place, **parts}
        self._loops.tell(f"partner-gateway.{about}", "entered", **own)
        [answer] = self._desk.published(key)
        return dict(answer.data)

    def act(self, permit: dict[str, Any], kind: str, **parts: Any) -> tuple[str, list[str]]:
        """Current is given or cut today; answers the outcome and what followed."""
        answer = self.enter("supply", permit, kind=kind, happened_on=str(TODAY), **parts)
        return answer["outcome"], [one["code"] for one in answer["effects"]]


@pytest.fixture
def company(loops: Any, desk: Any) -> Company:
    return Company(loops, desk)


def test_an_entry_about_a_replaced_permit_reaches_the_permit_that_replaced_it(
    api: Any,
    insulation: dict[str, Any],
    paid: Paid,
    house: Callable[..., dict[str, Any]],
    company: Company,
) -> None:
    at = {"permit_id": insulation["permit_id"]}
    done = api.ask("issue_completion_certificate", api.completion, **at)
    permit = api.ask("get_permit", **at)
    larger = REPLACING["addition"](house)
    api.ask("issue_permit", request_id=paid(**follows(permit, "addition", **larger)))
    api.ask("revoke_completion_certificate", REASON, certificate_id=done["certificate_id"])
    renewal = api.ask("issue_permit", request_id=paid(**follows(permit)))

    answer = company.enter("insulation-inspection", permit, inspected_on=str(TODAY))

    assert (answer["outcome"], answer["permit_id"]) == ("effective", renewal["permit_id"])


def may_flow(api: Any, at: dict[str, str]) -> dict[str, str]:
    """A release whose partial current is approved."""
    row = api.ask("submit_release", {"extent": "partial"}, **at)
    release = {"release_id": row["release_id"]}
    api.ask("record_site_inspection", SEEN, **release)
    api.ask("approve_release", {"extent": "partial"}, **release)
    return release


def test_current_that_may_flow_is_ordered_cut_after_the_release_was_cancelled(
    api: Any, permit: dict[str, Any], insulation: dict[str, Any], company: Company, desk: Any
) -> None:
    release = may_flow(api, {"permit_id": insulation["permit_id"]})
    api.ask("cancel_release", REASON, **release)

    ordered = api.ask("order_disconnection", {"reason": "خطر صعق"}, **release)

    assert ordered["status"] == "disconnection_requested"
    given = company.act(permit, "energised", extent="partial")
    [*_, event] = desk.published(release["release_id"])
    cut = company.act(permit, "disconnected", order_id=event.data["disconnection"]["order_id"])
    assert (given, cut) == (("effective", ["energised"]), ("effective", ["current-cut"]))
    assert api.ask("get_release", **release)["status"] == "disconnected"


def test_the_order_goes_to_the_release_that_is_alive(api: Any, insulation: dict[str, Any]) -> None:
    at, order = {"permit_id": insulation["permit_id"]}, {"reason": "خطر صعق"}
    ended = may_flow(api, at)
    api.ask("cancel_release", REASON, **ended)
    alive = api.ask("submit_release", {"extent": "partial"}, **at)

    refused(api.send("order_disconnection", order, **ended), "release-alive")
    ordered = api.ask("order_disconnection", order, release_id=alive["release_id"])

    assert ordered["status"] == "disconnection_requested"


# ------------------------------------------------------------------------------------------------- a sale is told


def test_a_sale_is_told_to_the_seller_and_to_the_buyer(
    api: Any, permit: dict[str, Any], paid: Paid, house: Callable[..., dict[str, Any]], desk: Any
) -> None:
    owners = [{**buyer(house)[0], "mobile": "0500000022"}]
    sold = paid(**follows(permit, "ownership_transfer", owners=owners))

    after = api.ask("issue_permit", request_id=sold)

    [*_, told], [first] = (desk.published(one["permit_id"]) for one in (permit, after))
    assert (told.happened, told.data["successor_kind"]) == ("superseded", "ownership_transfer")
    assert (first.happened, first.data["successor_kind"]) == ("issued", None)
    contracts.check_event("sa.gov.qatif.permits.permit.superseded.v1", told.data)
    assert told.data["successor"] == {name: after[name] for name in ("permit_id", "permit_number")}
    contacts = contacts_of(desk.session)
    [seller] = contacts.open(permit["permit_id"], told.data["contacts"])
    [new] = contacts.open(after["permit_id"], first.data["contacts"])
    assert (seller.mobile, new.mobile) == ("+966501234567", "+966500000022")
