"""Permits, certificates and current in every order of events: through commands at moments of the test, and through the
loops that take deadlines and the company's entries."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.core.refusals import Conflict, IllegalTransition, InvalidFields
from permits.commands import change_permit, completion, handle_appeal, insulation_entries, occupancy
from permits.commands import release_current as current
from permits.commands.handle_appeal import Filing
from permits.commands.import_older import enter_one
from permits.commands.occupancy import OccupancyInspection
from permits.commands.release_current import SiteInspection
from permits.domain.actors import SYSTEM, DutiesSeparated
from permits.domain.appeals import Against
from permits.domain.permits import PreviousNotUsable
from permits.domain.releases import ReleaseAlive
from permits.models import Certificate, Permit, Release
from saudi.days import RIYADH

from .buildings import approved, asked, completed, examined, occupied, seen, signed, submitted
from .test_supply import entry

Desk = Any
HEIR = {
    "name": "زينب بنت علي آل تجربة (بيانات تجريبية)",
    "owner_type": "individual",
    "id_type": "national_id",
    "id_number": "1000000016",
    "mobile": "0500000016",
}
BUYER = {**HEIR, "name": "مشتر تجربة", "id_number": "1000000024", "mobile": "0500000024"}
FIRST, SECOND = "لا مشرف على الموقع", "خطر انهيار"
SUPPLY = "partner-gateway.supply"


class Turns:
    """Lets the loops work between the commands of a desk."""

    def __init__(self, desk: Desk, loops: Any) -> None:
        self.desk, self.loops = desk, loops

    def fire(self, now: datetime | None = None) -> None:
        """Takes what is due; from then on the desk works at that moment."""
        self.desk.now = now or self.desk.now
        self.desk.session.flush()
        self.loops.fire(self.desk.now)
        self.desk.session.expire_all()

    def enter(self, permit: Permit, kind: str, **more: Any) -> tuple[str, str | None]:
        """The company enters something about supply; answers the outcome and the reason of a refusal."""
        made = entry(self.desk, permit, kind, **more)
        self.desk.session.flush()
        self.loops.now = self.desk.now
        self.loops.send(SUPPLY, f"sa.gov.qatif.{SUPPLY}.entered.v1", made)
        self.desk.session.expire_all()
        [answer] = self.desk.published(made["entry_id"])
        reason = answer.data["reason"]
        return answer.data["outcome"], reason and reason["code"]


@pytest.fixture
def turns(desk: Desk, loops: Any) -> Turns:
    return Turns(desk, loops)


def states(desk: Desk, key: str) -> list[str]:
    desk.session.flush()
    return [one.happened for one in desk.published(key)]


def undone(desk: Desk) -> Any:
    """What a refused command changed is undone, as its transaction is."""
    return desk.session.begin_nested()


def suspend(desk: Desk, permit: Permit, reason: str = SECOND) -> str:
    """Suspends the permit, and answers the id of the suspension."""
    change_permit.suspend(desk.work, permit.permit_id, reason=reason, body="الدفاع المدني")
    return str(permit.suspensions[-1]["suspension_id"])


# --------------------------------------------------------------------------------------------------- suspensions


def test_two_suspensions_need_two_liftings(desk: Desk) -> None:
    permit = desk.issued()
    first, second = suspend(desk, permit, FIRST), suspend(desk, permit, SECOND)

    with pytest.raises(InvalidFields, match="suspension_id: required"), undone(desk):
        change_permit.reinstate(desk.work, permit.permit_id, reason="عولج")
    with pytest.raises(InvalidFields, match="suspension_id: suspension-unknown"), undone(desk):
        change_permit.reinstate(
            desk.work, permit.permit_id, reason="عولج", suspension_id=permit.permit_id
        )
    change_permit.reinstate(desk.work, permit.permit_id, reason="عين مشرف", suspension_id=first)
    assert (permit.status, permit.suspension["reason"]) == ("suspended", SECOND)
    change_permit.reinstate(desk.work, permit.permit_id, reason="أزيل الخطر", suspension_id=second)

    assert (permit.status, permit.suspension, permit.suspensions) == ("valid", None, [])
    happened = states(desk, permit.permit_id)
    assert happened == ["issued", "suspended", "suspended", "amended", "reinstated"]
    after_first = desk.published(permit.permit_id)[3].data
    assert [one["reason"] for one in after_first["suspensions"]] == [SECOND]


def test_an_accepted_appeal_lifts_only_the_suspension_that_it_is_against(desk: Desk) -> None:
    permit = desk.issued()
    first = suspend(desk, permit, FIRST)
    filing = Filing(against=Against.SUSPENSION, of=permit.permit_id, grounds="المشرف معين")
    appeal = handle_appeal.file(desk.work, filing)
    desk.now += timedelta(hours=1)
    suspend(desk, permit, SECOND)

    handle_appeal.accept(
        desk.work.acting_as(desk.reviewer), appeal.appeal_id, reason="ثبت تعيين المشرف"
    )

    assert permit.status == "suspended"
    assert [one["reason"] for one in permit.suspensions] == [SECOND]
    assert first not in [one["suspension_id"] for one in permit.suspensions]


def test_each_suspension_is_appealed_against_by_itself(desk: Desk) -> None:
    permit = desk.issued()
    first = suspend(desk, permit, FIRST)
    desk.now += timedelta(hours=1)
    second = suspend(desk, permit, SECOND)

    appeals = [
        handle_appeal.file(
            desk.work,
            Filing(
                against=Against.SUSPENSION, of=permit.permit_id, grounds="سبب", suspension_id=one
            ),
        )
        for one in (first, second)
    ]

    assert len({one.appealed_at for one in appeals}) == 2


def test_an_expired_permit_is_suspended_and_isn_t_renewed_meanwhile(desk: Desk) -> None:
    permit = desk.issued()
    desk.now += timedelta(days=4 * 365)
    suspend(desk, permit)

    with pytest.raises(PreviousNotUsable, match="suspended"):
        desk.submit(kind="renewal", previous_permit_id=permit.permit_id)
    change_permit.reinstate(desk.work, permit.permit_id, reason="أزيل الخطر")

    assert desk.submit(kind="renewal", previous_permit_id=permit.permit_id).status == "draft"


# ------------------------------------------------------------------------------------------- what a correction is not

BY_REQUEST: dict[str, Any] = {
    "owners": lambda version: {"owners": {"version": version, "add": [BUYER], "remove": [0]}},
    "use_class": lambda _: {"use_class": "commercial"},
    "building": lambda _: {"building": {"built_area_m2": 900, "floors": 3}},
}


def amend(desk: Desk, permit: Permit, wanted: dict[str, Any]) -> Permit:
    return change_permit.amend(desk.work, permit.permit_id, reason="حسب الصك", wanted=wanted)


@pytest.mark.parametrize("what", BY_REQUEST)
@pytest.mark.parametrize("suspended", [False, True])
def test_a_correction_is_no_sale_no_other_use_and_no_addition(
    desk: Desk, what: str, suspended: bool
) -> None:
    permit = desk.issued()
    if suspended:
        suspend(desk, permit)

    with pytest.raises(InvalidFields, match=f"^{what}: .*-by-request"):
        amend(desk, permit, BY_REQUEST[what](permit.version))


def test_all_owners_do_not_change_in_two_corrections_either(desk: Desk) -> None:
    permit = desk.issued()
    amend(desk, permit, {"owners": {"version": permit.version, "add": [BUYER]}})

    with pytest.raises(InvalidFields, match="owners-by-request"):
        amend(desk, permit, {"owners": {"version": permit.version, "remove": [0]}})


def test_a_typing_error_in_a_number_or_a_forgotten_heir_is_a_correction(desk: Desk) -> None:
    permit = desk.issued()
    correct = [{"position": 0, "id_number": "1000000032"}]
    amend(desk, permit, {"owners": {"version": permit.version, "correct": correct}})
    amend(desk, permit, {"owners": {"version": permit.version, "add": [HEIR]}})

    assert [one.id_number for one in permit.owners] == ["1000000032", HEIR["id_number"]]


def test_a_building_that_was_recorded_too_small_is_corrected_up_to_what_was_paid_for(
    desk: Desk,
) -> None:
    permit = desk.issued()
    amend(desk, permit, {"building": {"built_area_m2": 300}})

    amend(desk, permit, {"building": {"built_area_m2": 310.25}})

    assert permit.building["built_area_m2"] == 310.25


def test_a_corrected_older_permit_is_verified_again_by_another_person(desk: Desk) -> None:
    permit = desk.verified(desk.older())
    amend(desk, permit, {"use_class": "commercial"})

    assert permit.verified is False
    with pytest.raises(DutiesSeparated):
        enter_one.verify(desk.work, permit.permit_id, version=permit.version)
    assert desk.verified(permit).verified is True


# --------------------------------------------------------------------------------------- the owner's own cancellation


def owners_request(**more: Any) -> change_permit.OwnersRequest:
    return change_permit.OwnersRequest(reason="عدول الملاك", papers=("طلب موقع",), **more)


def heirs(house: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**house()["owners"][0], "share": "1/2"}, {**HEIR, "share": "1/2"}]


def test_one_of_several_owners_does_not_cancel_the_permit_of_all(desk: Desk, house: Any) -> None:
    permit = desk.issued(owners=heirs(house))

    with pytest.raises(InvalidFields, match="owners: all-owners"):
        change_permit.cancel_for_owner(desk.work, permit.permit_id, owners_request())
    asked_by_all = owners_request(owners=(0, 1))
    change_permit.cancel_for_owner(desk.work, permit.permit_id, asked_by_all)

    assert permit.status == "cancelled"


def test_another_person_undoes_a_cancellation_for_the_owner_in_time(desk: Desk) -> None:
    permit = desk.issued()
    change_permit.cancel_for_owner(desk.work, permit.permit_id, owners_request())
    desk.now += timedelta(days=60)

    with pytest.raises(DutiesSeparated), undone(desk):
        change_permit.undo_cancellation(desk.work, permit.permit_id, reason="رخصة أخرى")
    other = desk.work.acting_as(desk.reviewer)
    change_permit.undo_cancellation(other, permit.permit_id, reason="أُلغيت رخصة أخرى خطأ")

    assert (permit.status, permit.cancellation) == ("valid", None)
    assert states(desk, permit.permit_id)[-1] == "reinstated"


def test_the_cancellation_by_the_municipality_and_a_late_one_are_not_undone_so(desk: Desk) -> None:
    by_municipality, late = desk.issued(), desk.issued()
    change_permit.cancel_permit(desk.work, by_municipality.permit_id, reason="صدرت خطأ")
    change_permit.cancel_for_owner(desk.work, late.permit_id, owners_request())
    desk.now += timedelta(days=61)
    other = desk.work.acting_as(desk.reviewer)

    for permit, code in ((by_municipality, "by-municipality"), (late, "too-late")):
        with pytest.raises(Conflict) as refused, undone(desk):
            change_permit.undo_cancellation(other, permit.permit_id, reason="سبب")
        assert (refused.value.problem, refused.value.code) == ("cancellation-stands", code)


# ------------------------------------------------------------------------------------------------------- occupancy


def insulated(desk: Desk) -> Permit:
    permit: Permit = desk.issued()
    desk.insulated(permit)
    return permit


def followed(desk: Desk, permit: Permit, kind: str, **more: Any) -> Permit:
    made: Permit = desk.issued(kind=kind, previous_permit_id=permit.permit_id, **more)
    return made


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("ownership_transfer", {"owners": [BUYER]}),
        ("addition", {"building__built_area_m2": 500}),
    ],
)
def test_a_temporary_occupancy_certificate_ends_with_the_permit_that_is_replaced(
    desk: Desk, kind: str, more: dict[str, Any]
) -> None:
    permit = insulated(desk)
    row = examined(desk, asked(desk, permit, "temporary"))
    signed(desk, row, desk.now.date() + timedelta(days=180))
    another = asked(desk, permit, "temporary")

    after = followed(desk, permit, kind, **more)

    assert (row.flagged, row.flag_reason) == (True, "permit-replaced")
    assert permit.occupancy["flagged"] is True
    assert (another.status, after.occupancy) == ("rejected", None)
    assert desk.published(permit.permit_id)[-1].data["occupancy"]["flagged"] is True
    assert states(desk, row.certificate_id)[-1] == "flagged"


def test_a_temporary_certificate_goes_along_with_a_renewal(desk: Desk) -> None:
    permit = insulated(desk)
    row = examined(desk, asked(desk, permit, "temporary"))
    signed(desk, row, desk.now.date() + timedelta(days=180))

    after = followed(desk, permit, "renewal")

    assert (row.flagged, row.permit_id) == (False, after.permit_id)


def looked(desk: Desk, row: Certificate, day: date, *defects: str) -> None:
    found = OccupancyInspection(
        result="fail" if defects else "pass",
        inspected_on=day,
        inspector="م. تجربة",
        defects=defects,
    )
    occupancy.examine(desk.work, row.certificate_id, found)


def test_of_two_inspections_for_occupancy_the_later_day_counts(desk: Desk) -> None:
    permit = completed(desk)
    desk.now += timedelta(days=10)
    row, today = asked(desk, permit), desk.now.date()
    looked(desk, row, today - timedelta(days=1), "درج بلا حاجز")

    with pytest.raises(InvalidFields, match="before-last-inspection"):
        looked(desk, row, today - timedelta(days=3))
    occupancy.reject_occupancy(desk.work, row.certificate_id, reason="درج بلا حاجز")
    again = asked(desk, permit)
    with pytest.raises(InvalidFields, match="before-last-inspection"):
        looked(desk, again, today - timedelta(days=3))
    looked(desk, again, today)

    assert again.occupancy["inspection"]["result"] == "pass"


@pytest.mark.parametrize(
    ("kind", "more"), [("renewal", {}), ("ownership_transfer", {"owners": [BUYER]})]
)
def test_the_later_inspection_counts_also_once_the_permit_was_replaced(
    desk: Desk, kind: str, more: dict[str, Any]
) -> None:
    permit = insulated(desk)
    desk.now += timedelta(days=10)
    row, today = asked(desk, permit, "temporary"), desk.now.date()
    looked(desk, row, today - timedelta(days=1), "درج بلا حاجز")
    occupancy.reject_occupancy(desk.work, row.certificate_id, reason="درج بلا حاجز")

    after = followed(desk, followed(desk, permit, kind, **more), "renewal", **more)
    again = asked(desk, after, "temporary")
    with pytest.raises(InvalidFields, match="before-last-inspection"):
        looked(desk, again, today - timedelta(days=3))
    looked(desk, again, today)

    assert again.occupancy["inspection"]["result"] == "pass"


# ---------------------------------------------------------------------------------------------------------- current


def inspect(desk: Desk, row: Release, day: date, *defects: str) -> Release:
    found = SiteInspection(
        result="fail" if defects else "pass",
        inspected_on=day,
        inspector="م. تجربة",
        defects=defects,
    )
    return current.inspect_site(desk.work, row.release_id, found)


def test_of_two_inspections_of_the_place_the_later_day_counts(desk: Desk) -> None:
    permit = insulated(desk)
    row = submitted(desk, permit, "partial")
    desk.now += timedelta(days=10)
    today = desk.now.date()
    inspect(desk, row, today - timedelta(days=1), "لوحة مكشوفة")
    current.resubmit_release(desk.work, row.release_id)

    with pytest.raises(InvalidFields, match="before-last-inspection"):
        inspect(desk, row, today - timedelta(days=3))
    with pytest.raises(IllegalTransition):
        approved(desk, row)
    inspect(desk, row, today)

    assert approved(desk, row).status == "partial_release_approved"


def test_an_inspection_is_not_older_than_the_request_for_current(desk: Desk) -> None:
    permit = insulated(desk)
    desk.now += timedelta(days=10)
    row = submitted(desk, permit, "partial")

    with pytest.raises(InvalidFields, match="before-request"):
        inspect(desk, row, desk.now.date() - timedelta(days=1))


@pytest.mark.parametrize("extent", ["partial", "full"])
def test_an_approval_is_withdrawn_with_a_reason_before_the_company_acts(
    desk: Desk, turns: Turns, extent: str
) -> None:
    permit = completed(desk)
    occupied(desk, permit)
    row = approved(desk, seen(desk, submitted(desk, permit, extent)), extent)
    desk.now += timedelta(days=1)

    current.withdraw_approval(desk.work, row.release_id, reason="عوينت لوحة مبنى آخر")

    assert (row.status, row.reason) == ("returned", "عوينت لوحة مبنى آخر")
    told = desk.published(row.release_id)[-1]
    assert (told.happened, told.data["approval"]) == ("returned", None)
    late = turns.enter(permit, "energised", happened_on=str(desk.now.date() + timedelta(days=1)))
    assert late == ("refused", "day-to-come")
    desk.now += timedelta(days=2)
    assert turns.enter(permit, "energised") == ("refused", "not-approved")
    current.resubmit_release(desk.work, row.release_id)
    with pytest.raises(IllegalTransition):
        approved(desk, row, extent)
    with pytest.raises(InvalidFields, match="before-last-inspection"):
        inspect(desk, row, desk.now.date() - timedelta(days=3))
    inspect(desk, row, desk.now.date())
    assert approved(desk, row, extent).status.endswith("_release_approved")


@pytest.mark.parametrize("extent", ["partial", "full"])
def test_a_failed_inspection_after_the_approval_withdraws_the_approval(
    desk: Desk, extent: str
) -> None:
    permit = completed(desk)
    occupied(desk, permit)
    row = approved(desk, seen(desk, submitted(desk, permit, extent)), extent)

    seen(desk, row, "لوحة مكشوفة")

    assert row.status == "returned"
    assert desk.published(row.release_id)[-1].data["approval"] is None


def test_a_full_approval_is_withdrawn_while_partial_current_flows_on(
    desk: Desk, turns: Turns
) -> None:
    permit = completed(desk)
    row = approved(desk, seen(desk, submitted(desk, permit, "full")))
    assert turns.enter(permit, "energised") == ("effective", None)
    occupied(desk, permit)
    approved(desk, row, "full")

    current.withdraw_approval(desk.work, row.release_id, reason="عوينت لوحة مبنى آخر")

    assert (row.status, row.supply["extent"]) == ("energised", "partial")
    assert desk.published(row.release_id)[-1].data["approval"]["extent"] == "partial"
    with pytest.raises(IllegalTransition):
        approved(desk, row, "full")
    inspect(desk, row, desk.now.date())
    assert approved(desk, row, "full").status == "full_release_approved"


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), RIYADH).astimezone(UTC)


def test_an_approval_ends_with_the_last_day_of_the_permit(desk: Desk, turns: Turns) -> None:
    permit = insulated(desk)
    row = approved(desk, seen(desk, submitted(desk, permit, "partial")))
    last = permit.expires_on
    turns.fire(midnight(last))
    assert row.status == "partial_release_approved"

    turns.fire(midnight(last + timedelta(days=1)))

    assert row.status != "partial_release_approved"
    assert row.approvals[0]["withdrawn_on"] == last.isoformat()
    assert desk.published(row.release_id)[-1].data["approval"] is None
    desk.now += timedelta(days=30, hours=9)
    late = (last + timedelta(days=1)).isoformat()
    assert turns.enter(permit, "energised", happened_on=late) == ("refused", "not-approved")
    in_time = turns.enter(permit, "energised", happened_on=last.isoformat())
    assert in_time == ("effective", None)


def test_an_entry_that_is_quicker_than_the_deadline_does_not_use_an_ended_approval(
    desk: Desk, turns: Turns
) -> None:
    permit = insulated(desk)
    approved(desk, seen(desk, submitted(desk, permit, "partial")))
    desk.now = midnight(permit.expires_on + timedelta(days=20)) + timedelta(hours=9)

    assert turns.enter(permit, "energised") == ("refused", "not-approved")


def test_an_approval_goes_on_with_a_renewal_in_time(desk: Desk, turns: Turns) -> None:
    permit = insulated(desk)
    row = approved(desk, seen(desk, submitted(desk, permit, "partial")))
    last = permit.expires_on
    desk.now = midnight(last - timedelta(days=5)) + timedelta(hours=9)
    after = followed(desk, permit, "renewal")

    turns.fire(midnight(last + timedelta(days=1)) + timedelta(hours=9))
    assert row.status == "partial_release_approved"
    turns.fire(midnight(after.expires_on + timedelta(days=1)))

    assert row.approvals[0]["withdrawn_on"] == after.expires_on.isoformat()


def test_current_that_may_flow_is_ordered_cut_after_the_release_was_cancelled(
    desk: Desk, turns: Turns
) -> None:
    permit = insulated(desk)
    row = approved(desk, seen(desk, submitted(desk, permit, "partial")))
    day = desk.now.date().isoformat()
    current.cancel_release(desk.work, row.release_id, reason="عدل المالك")
    desk.now += timedelta(days=1)

    current.order_disconnection(desk.work, row.release_id, reason="خطر صعق")

    assert row.status == "disconnection_requested"
    assert turns.enter(permit, "energised", happened_on=day) == ("effective", None)
    assert turns.enter(permit, "disconnected") == ("effective", None)
    assert row.status == "disconnected"


def test_the_order_goes_to_the_release_that_is_alive(desk: Desk) -> None:
    permit = insulated(desk)
    ended = approved(desk, seen(desk, submitted(desk, permit, "partial")))
    current.cancel_release(desk.work, ended.release_id, reason="عدل المالك")
    alive = submitted(desk, permit, "partial")

    with pytest.raises(ReleaseAlive):
        current.order_disconnection(desk.work, ended.release_id, reason="خطر صعق")
    current.order_disconnection(desk.work, alive.release_id, reason="خطر صعق")

    assert alive.status == "disconnection_requested"


def cancelled(desk: Desk, row: Release) -> None:
    current.cancel_release(desk.work, row.release_id, reason="عدل المالك")


def refused_after_withdrawal(desk: Desk, row: Release) -> None:
    current.withdraw_approval(desk.work, row.release_id, reason="عوينت لوحة مبنى آخر")
    current.refuse_release(desk.work, row.release_id, reason="لوحة مكشوفة")


@pytest.mark.parametrize("end", [cancelled, refused_after_withdrawal])
def test_the_order_goes_to_the_release_that_is_alive_on_the_renewed_permit(
    desk: Desk, end: Callable[[Desk, Release], None]
) -> None:
    permit = insulated(desk)
    ended = approved(desk, seen(desk, submitted(desk, permit, "partial")))
    end(desk, ended)
    status = ended.status
    alive = submitted(desk, followed(desk, permit, "renewal"), "partial")

    with pytest.raises(ReleaseAlive):
        current.order_disconnection(desk.work, ended.release_id, reason="خطر صعق")
    current.order_disconnection(desk.work, alive.release_id, reason="خطر صعق")

    assert (ended.status, alive.status) == (status, "disconnection_requested")


def test_an_order_on_an_ended_release_revives_it_on_the_permit_that_the_building_has_today(
    desk: Desk,
) -> None:
    permit = insulated(desk)
    ended = approved(desk, seen(desk, submitted(desk, permit, "partial")))
    cancelled(desk, ended)
    renewal = followed(desk, permit, "renewal")

    current.order_disconnection(desk.work, ended.release_id, reason="خطر صعق")

    assert (ended.permit_id, ended.status) == (renewal.permit_id, "disconnection_requested")
    assert desk.published(ended.release_id)[-1].data["permit_number"] == renewal.permit_number
    with pytest.raises(ReleaseAlive):
        submitted(desk, renewal, "partial")


def test_a_building_has_no_second_release_on_another_of_its_permits(desk: Desk) -> None:
    permit = insulated(desk)
    first = submitted(desk, permit, "partial")
    renewal = followed(desk, permit, "renewal")
    first.permit_id = permit.permit_id  # as orders on ended releases left it once

    with pytest.raises(ReleaseAlive):
        submitted(desk, renewal, "partial")


# ------------------------------------------------------------------------------------- entries about a replaced permit


def test_an_entry_about_a_replaced_permit_reaches_the_permit_that_replaced_it(desk: Desk) -> None:
    permit = completed(desk)
    addition = followed(desk, permit, "addition", building__built_area_m2=500)
    held = desk.session.get_one(Certificate, permit.completion["certificate_id"])
    completion.revoke_completion(desk.work, held.certificate_id, reason="أُصدرت خطأ")
    renewal = followed(desk, permit, "renewal")
    failed = {
        **entry(desk, permit, "energised"),
        "kind": "inspection", "stage": "roof", "result": "fail",
        "inspected_on": desk.now.date().isoformat(), "inspector": "مفتش تجربة", "defects": ["فراغ"],
        "materials": None, "u_value": None, "certificate_number": None, "reason": None,
    }  # fmt: skip

    insulation_entries.answer_insulation(desk.work.acting_as(SYSTEM), failed)

    [answer] = desk.published(failed["entry_id"])
    assert answer.data["permit_id"] == renewal.permit_id != addition.permit_id
