"""The steps of a walk that concern insulation and current: what the company enters late, twice and out of order, and
what the municipality decides about the release."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import select

from chassis.testing_walks import WalkDatabase
from permits.commands import insulation, release_current
from permits.commands.release_current import SiteInspection
from permits.domain.release_course import ENDS
from permits.models import Certificate, Permit, Release
from saudi.days import legal_day

from .buildings import approved, submitted

WHICH = st.integers(0, 7)
DAYS_AGO = st.sampled_from([0, 0, 0, 1, 5])
STAGES = ("walls", "roof", "windows")
INSULATION, SUPPLY = "partner-gateway.insulation-inspection", "partner-gateway.supply"
NO_ORDER = "0197dd30-4d00-7b22-9d3f-000000000021"
# Decisions about a release that take a reason, by their names in the API.
DECISIONS = ("withdraw_approval", "refuse_release", "cancel_release", "return_release")
OF_ORDER = ("withdraw_disconnection", "allow_reconnection")


class Current:
    """A part of a state machine, which says where it is. `flying`: what the company has entered and permits hasn't
    taken."""

    database: WalkDatabase
    session: Any
    desk: Any
    loops: Any
    act: str
    buildings: tuple[str, str]
    attempt: Callable[[str, Callable[[], Any]], Any]
    count: Callable[..., None]
    permit: Callable[[int], Permit]
    through_loops: Callable[[Callable[[], None]], None]

    def begin_current(self) -> None:
        self.flying: list[tuple[str, dict[str, Any]]] = []
        self.taken: list[tuple[str, dict[str, Any]]] = []

    # --------------------------------------------------------------------------------------- entries of the company

    def entry(self, which: int, kind: str, old: bool, **parts: Any) -> dict[str, Any]:
        """An entry about the building, which names its first permit or the permit of today."""
        permit = (
            self.session.get_one(Permit, self.buildings[which % 2]) if old else self.permit(which)
        )
        return {
            "entry_id": str(uuid4()),
            "kind": kind,
            "partner": "sec",
            "permit_id": permit.permit_id,
            "permit_number": permit.permit_number,
            "municipality": permit.municipality,
            "entered_at": self.desk.now.isoformat(),
            "entered_by": {"subject": "p_inspector"},
            **parts,
        }

    def visit(self, which: int, stage: str, passed: bool, old: bool = False) -> None:
        day = legal_day(self.desk.now).isoformat()
        made = self.entry(
            which, "inspection", old, stage=stage, result="pass" if passed else "fail",
            inspected_on=day, inspector="مفتش تجربة", defects=[] if passed else ["فراغ"],
            **dict.fromkeys(("materials", "u_value", "certificate_number", "reason")),
        )  # fmt: skip
        self.flying.append((INSULATION, made))

    @rule(which=WHICH, late=st.booleans())
    def insulate(self, which: int, late: bool) -> None:
        """The company sees the whole building and gives its number."""
        for stage in STAGES:
            self.visit(which, stage, passed=True)
        self.desk.now += timedelta(seconds=1)
        number = f"SEC/{uuid4().int % 10**6}"
        nothing = ("stage", "result", "inspected_on", "inspector", "materials", "u_value", "reason")
        made = self.entry(
            which, "certificate", False, certificate_number=number, defects=[],
            **dict.fromkeys(nothing),
        )  # fmt: skip
        self.flying.append((INSULATION, made))
        if not late:
            self.let_all_arrive()

    @rule(which=WHICH, stage=st.sampled_from(STAGES), old=st.booleans(), late=st.booleans())
    def fail_a_stage(self, which: int, stage: str, old: bool, late: bool) -> None:
        self.visit(which, stage, passed=False, old=old)
        if not late:
            self.let_all_arrive()

    @rule(
        which=WHICH,
        kind=st.sampled_from(
            ["energised", "energised", "disconnection_acknowledged", "disconnected", "reconnected"]
        ),
        extent=st.sampled_from(["temporary", "partial", "full"]),
        days_ago=DAYS_AGO,
        old=st.booleans(),
        late=st.sampled_from([False, False, True]),
    )
    def supply(
        self, which: int, kind: str, extent: str, days_ago: int, old: bool, late: bool
    ) -> None:
        day = legal_day(self.desk.now) - timedelta(days=days_ago)
        energised = kind == "energised"
        made = self.entry(
            which, kind, old, happened_on=day.isoformat(), extent=extent if energised else None,
            meter_numbers=["1030045521"] if energised else [],
            order_id=None if energised else self.last_order(which),
            **dict.fromkeys(("certificate_number", "load_kva", "units", "meter_place")),
        )  # fmt: skip
        self.flying.append((SUPPLY, made))
        if not late:
            self.let_all_arrive()

    def last_order(self, which: int) -> str:
        orders = [row.disconnection for row in self.releases(which) if row.disconnection]
        return str(orders[0]["order_id"]) if orders else NO_ORDER

    @precondition(lambda self: self.flying)
    @rule(which=WHICH)
    def let_one_arrive(self, which: int) -> None:
        self.arrive(*self.flying.pop(which % len(self.flying)))

    def let_all_arrive(self) -> None:
        while self.flying:
            self.arrive(*self.flying.pop(0))

    @precondition(lambda self: self.taken)
    @rule(which=WHICH)
    def let_one_arrive_again(self, which: int) -> None:
        self.arrive(*self.taken[which % len(self.taken)])

    def arrive(self, topic: str, entry: dict[str, Any]) -> None:
        """An entry is answered once, however often it arrives."""
        allowed = self.may_have_flowed(entry)
        self.act = entry["kind"]
        kind = f"sa.gov.qatif.{topic}.entered.v1"
        self.through_loops(lambda: self.loops.send(topic, kind, entry))
        key = entry["entry_id"]
        answers = [one for one in self.database.events() if one.aggregate_id == key]
        assert len(answers) == 1, "an entry was answered twice"
        if (topic, entry) not in self.taken:
            self.taken.append((topic, entry))
            outcome = answers[0].envelope["data"]["outcome"]
            if outcome == "effective":
                self.count(entry["kind"])
                assert allowed, "current was given on a day on which nothing allowed it"

    def may_have_flowed(self, entry: dict[str, Any]) -> bool:
        """Returns whether an approval covers the day of given current, and no permit had ended by then."""
        if entry["kind"] != "energised":
            return True
        named = self.session.get_one(Permit, entry["permit_id"])
        permit = self.permit(self.buildings.index(named.building_id))
        day = date.fromisoformat(entry["happened_on"])
        if permit.status == "valid" and day > permit.expires_on:
            return False
        return any(
            one["approved_on"] <= day.isoformat() <= (one["withdrawn_on"] or "9999")
            and (entry["extent"] != "full" or one["extent"] == "full")
            for row in self.releases(self.buildings.index(permit.building_id))
            for one in row.approvals
        )

    @rule(which=WHICH)
    def revoke_insulation(self, which: int) -> None:
        found = select(Certificate.certificate_id).where(
            Certificate.permit_id == self.permit(which).permit_id,
            Certificate.kind == "insulation",
            Certificate.status == "issued",
        )
        for key in self.session.scalars(found).all():
            self.attempt(
                "revoke insulation",
                lambda key=key: insulation.revoke_insulation(self.desk.work, key, reason="استُبدل"),
            )

    # ------------------------------------------------------------------------------------------------ the release

    def acts_on_release(self, which: int) -> list[Callable[[], None]]:
        """Returns what people and the company are likely to do next about the building's release."""
        row = self.release_of(which)
        if row is None:
            return []
        match row.status:
            case "insulation_ok" | "occupancy_issued":
                return [
                    partial(self.inspect_site, which, True, 0),
                    partial(self.approve, which, "full"),
                ]
            case "site_inspection":
                return [
                    partial(self.approve, which, "partial"),
                    partial(self.approve, which, "full"),
                ]
            case "partial_release_approved" | "full_release_approved" | "energised":
                extent = "full" if row.status == "full_release_approved" else "partial"
                order = partial(self.order_disconnection, which, True)
                fail = partial(self.inspect_site, which, False, 0)
                end = partial(self.decide_release, which, "cancel_release")
                return [
                    partial(self.supply, which, "energised", extent, 0, True, False),
                    order,
                    fail,
                    end,
                ]
            case "disconnection_requested":
                return [partial(self.supply, which, "disconnected", "full", 0, True, False)]
            case "disconnected":
                return [partial(self.end_order, which, "allow_reconnection")]
            case "reconnection_allowed":
                return [partial(self.supply, which, "reconnected", "full", 0, False, False)]
            case "returned":
                return [partial(self.decide_release, which, "resubmit_release")]
            case "cancelled" | "refused":
                return [partial(self.order_disconnection, which, False)]
        return []

    def releases(self, which: int) -> list[Release]:
        """Returns the building's releases, the living one first, then the newest."""
        every = self.database.scalars(select(Release).order_by(Release.submitted_at.desc()))
        rows = [row for row in every if row.building_id == self.buildings[which % 2]]
        return sorted(rows, key=lambda row: row.status in ENDS)

    def release_of(self, which: int) -> Release | None:
        return next(iter(self.releases(which)), None)

    @rule(which=WHICH, extent=st.sampled_from(["partial", "full"]))
    def submit_release(self, which: int, extent: str) -> None:
        permit = self.permit(which)
        self.attempt("submit release", lambda: submitted(self.desk, permit, extent))

    @rule(which=WHICH, passed=st.booleans(), days_ago=DAYS_AGO)
    def inspect_site(self, which: int, passed: bool, days_ago: int) -> None:
        if row := self.release_of(which):
            found = SiteInspection(
                result="pass" if passed else "fail",
                inspected_on=legal_day(self.desk.now) - timedelta(days=days_ago),
                inspector="م. تجربة",
                defects=() if passed else ("مكان العداد غير مهيأ",),
            )
            self.attempt(
                "inspect site",
                lambda: release_current.inspect_site(self.desk.work, row.release_id, found),
            )

    @rule(which=WHICH, extent=st.sampled_from(["partial", "full"]))
    def approve(self, which: int, extent: str) -> None:
        if row := self.release_of(which):
            self.attempt(f"approve {extent}", lambda: approved(self.desk, row, extent))

    @rule(which=WHICH, extent=st.sampled_from(["partial", "full"]))
    def release(self, which: int, extent: str) -> None:
        """As far as an approval at once, so that walks get far."""
        self.submit_release(which, "full")
        self.inspect_site(which, passed=True, days_ago=0)
        self.approve(which, extent)

    @rule(which=WHICH, how=st.sampled_from([*DECISIONS, "resubmit_release", "ask_full"]))
    def decide_release(self, which: int, how: str) -> None:
        command, said = getattr(release_current, how), {}
        if how in DECISIONS:
            said = {"notes" if how == "return_release" else "reason": "عدل المالك"}
        if row := self.release_of(which):
            self.attempt(how, lambda: command(self.desk.work, row.release_id, **said))

    @rule(which=WHICH, newest=st.booleans())
    def order_disconnection(self, which: int, newest: bool) -> None:
        """Also of a release that has ended: its current may flow."""
        rows = self.releases(which)
        if row := next(iter(rows if newest else reversed(rows)), None):
            self.attempt(
                "order disconnection",
                lambda: release_current.order_disconnection(
                    self.desk.work, row.release_id, reason="تماس"
                ),
            )

    @rule(which=WHICH, how=st.sampled_from(OF_ORDER))
    def end_order(self, which: int, how: str) -> None:
        command = getattr(release_current, how)
        if row := self.release_of(which):
            self.attempt(how, lambda: command(self.desk.work, row.release_id, reason="زال الخطر"))
