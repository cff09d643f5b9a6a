"""A state machine of two buildings on a real database: permits that follow each other, suspensions, cancellations,
appeals and corrections, insulation, completion, occupancy and current, by several people, with the clock across
midnights and last days. Commands, the consumer and the loop of deadlines take what happens. What always has to hold:
promises_of_buildings.py."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select

from chassis.core.refusals import Refusal
from chassis.testing_walks import Tally, WalkDatabase
from permits.commands import change_permit, completion, handle_appeal
from permits.commands.change_permit import OwnersRequest
from permits.commands.handle_appeal import Filing
from permits.domain.appeals import Against
from permits.models import Appeal, Certificate, Permit
from saudi.days import RIYADH, midnight_after

from .promises_of_buildings import REPLACED, Promises
from .walking_current import Current
from .walking_next_permit import BUYER, NextPermit
from .walking_occupancy import Occupancy

TALLY = Tally("permits: two buildings")
WHICH = st.integers(0, 7)
SAMPLE_IDS = ("1000000016", "1000000032", "1000000040", "1000000057", "1000000065")
CORRECTIONS = ["street", "name", "mobile", "id_number", "owners", "area"]
TURN = st.tuples(
    st.integers(0, 1), st.integers(0, 119)
)  # a building, and which of the acts in turn
RARELY = st.sampled_from([True, False, False, False])


@dataclass
class WalkFixtures:
    """The fixtures that a walk uses: two buildings' permits, one of them insulated, at the moment `now`."""

    database: WalkDatabase
    desk_class: Any
    house: Callable[..., dict[str, Any]]
    loops: Any
    permits: tuple[str, str]
    now: datetime


class Buildings(NextPermit, Occupancy, Current, Promises, RuleBasedStateMachine):
    """`settled`: the loop of deadlines has run at this moment."""

    def __init__(self, fixtures: WalkFixtures) -> None:
        super().__init__()
        self.database, self.house, self.loops = fixtures.database, fixtures.house, fixtures.loops
        self.session = self.database.session
        self.database.begin_walk()
        self.desk = fixtures.desk_class(self.session, fixtures.house)
        self.desk.now = fixtures.now
        self.buildings = fixtures.permits
        self.values = count(1)  # a walk that is played again does the same
        self.begin_promises()
        self.begin_current()

    def teardown(self) -> None:
        try:
            self.everything_was_told_once()
        finally:
            self.roll_back()

    def roll_back(self) -> None:
        self.database.end_walk()

    # ------------------------------------------------------------------------------------------------- doing

    @property
    def third(self) -> Any:
        """A person who did nothing else: decides appeals and undoes cancellations."""
        return replace(self.desk.officer, subject="p_third", name="مسؤول تجربة")

    def attempt(self, what: str, command: Callable[[], Any]) -> Any:
        """In a savepoint of its own, some seconds later; a refusal leaves nothing. None for a refusal."""
        self.act = what
        self.desk.now += timedelta(seconds=7)
        try:
            made = self.database.attempt(command)
        except Refusal as refused:
            TALLY.count_refusal(what, refused)
            return None
        self.count(what)
        return made if made is not None else True

    def count(self, what: str, outcome: str = "") -> None:
        TALLY.count_effect(what, outcome)
        self.effects += 1
        self.moved, self.settled = True, False

    def through_loops(self, take: Callable[[], None]) -> None:
        self.loops.now = self.desk.now
        self.database.run_beside(take)

    def permit(self, which: int) -> Permit:
        """Returns the permit that the building has today."""
        [row] = [
            one
            for one in self.database.scalars(select(Permit))
            if one.building_id == self.buildings[which % 2] and one.status not in REPLACED
        ]
        return row

    # ----------------------------------------------------------------------------------------------- in turn

    @initialize(turns=st.lists(TURN, min_size=14, max_size=18))
    def begin(self, turns: list[tuple[int, int]]) -> None:
        """Walks begin with steps that are in turn, so that they get far."""
        self.take_turns(turns)

    @rule(turns=st.lists(TURN, min_size=1, max_size=4))
    def take_turns(self, turns: list[tuple[int, int]]) -> None:
        for which, number in turns:
            acts = self.acts_in_turn(which)
            acts[number % len(acts)]()
            self.everything_holds()

    def acts_in_turn(self, which: int) -> list[Callable[[], None]]:
        """Returns what people are likely to do next; nobody hinders the rules from anything else."""
        permit, status = self.permit(which), self.permit(which).status
        if status == "suspended":
            acts = [partial(self.lift, which, 0, True)] * 3 + [partial(self.suspend, which)]
            acts.append(partial(self.appeal, which, Against.SUSPENSION))
        elif status == "cancelled":
            acts = [partial(self.appeal, which, Against.CANCELLATION)]
            acts += [
                partial(self.decide_appeal, 0, "accept"),
                partial(self.undo_cancellation, which),
            ]
        else:
            acts = self.acts_in_force(which, permit)
        if rows := self.requests():
            acts += [partial(self.go_on, which), partial(self.issue, len(rows))]
        acts += self.acts_on_release(which)
        return [*acts, partial(self.pass_time, 1 + which, which % 2 == 0, True)]

    def acts_in_force(self, which: int, permit: Permit) -> list[Callable[[], None]]:
        acts = [partial(self.suspend, which)]
        acts += [partial(self.correct, which, what) for what in ("name", "id_number")]
        if not self.is_insulated(permit):
            return [*acts, *[partial(self.insulate, which, False)] * 4]
        acts += [
            partial(self.release, which, "partial"),
            partial(self.fail_a_stage, which, "roof", True, False),
        ]
        acts += [partial(self.follow, which, kind) for kind in ("renewal", "ownership_transfer")]
        acts.append(partial(self.ask, which, "change_of_contractor", 6))
        done = permit.status == "completed"
        acts += [partial(self.occupy, which, "final" if done else "temporary")] * 2
        return acts if done else [*acts, *[partial(self.complete, which)] * 2]

    def is_insulated(self, permit: Permit) -> bool:
        return any(
            (one.permit_id, one.kind, one.status) == (permit.permit_id, "insulation", "issued")
            for one in self.database.scalars(select(Certificate))
        )

    # ------------------------------------------------------------------------------------------------- time

    @rule(
        days=st.sampled_from([1, 1, 3, 7, 61, 180, 181, 1095]),
        early=st.booleans(),
        fires=st.booleans(),
    )
    def pass_time(self, days: int, early: bool, fires: bool) -> None:
        """To the last second of a day, or to the morning of another."""
        day = self.desk.now.astimezone(RIYADH).date() + timedelta(days=days)
        morning = datetime.combine(day, time(9), RIYADH)
        self.desk.now = midnight_after(day) - timedelta(seconds=1) if early else morning
        self.moved, self.settled = True, False
        if fires:
            self.take_deadlines()

    @rule()
    def take_deadlines(self) -> None:
        self.act = "take deadlines"
        self.through_loops(self.loops.fire)
        self.no_deadline_failed()
        self.moved, self.settled = True, True

    # ------------------------------------------------------------------------------- permits, and what stops them

    @rule(which=WHICH)
    def suspend(self, which: int) -> None:
        permit = self.permit(which)
        made = self.attempt(
            "suspend",
            lambda: change_permit.suspend(
                self.desk.work, permit.permit_id, reason="خطر", body="الدفاع المدني"
            ),
        )
        if made is not None:
            self.note_suspension(permit)

    @rule(which=WHICH, ground=WHICH, names=st.booleans())
    def lift(self, which: int, ground: int, names: bool) -> None:
        permit = self.permit(which)
        grounds = self.grounds[permit.permit_id]
        named = grounds[ground % len(grounds)] if grounds and names else None
        made = self.attempt(
            "reinstate",
            lambda: change_permit.reinstate(
                self.desk.work, permit.permit_id, reason="عولج", suspension_id=named
            ),
        )
        if made is not None:
            grounds.remove(named or grounds[0])

    @precondition(lambda self: self.effects > 15)
    @rule(which=WHICH, sure=RARELY, for_owner=st.booleans())
    def cancel(self, which: int, sure: bool, for_owner: bool) -> None:
        if not sure:
            return
        permit, work = self.permit(which), self.desk.work
        if not for_owner:
            self.attempt(
                "cancel",
                lambda: change_permit.cancel_permit(work, permit.permit_id, reason="مخالف"),
            )
            return
        asked = OwnersRequest(reason="عدل المالك", owners=tuple(range(len(permit.owners))))
        made = self.attempt(
            "cancel for owner",
            lambda: change_permit.cancel_for_owner(work, permit.permit_id, asked),
        )
        assert made is None or not self.grounds[permit.permit_id], "left by the back door"

    @rule(which=WHICH)
    def undo_cancellation(self, which: int) -> None:
        permit = self.permit(which)
        if permit.status == "cancelled":
            work = self.desk.work.acting_as(self.third)
            self.attempt(
                "undo cancellation",
                lambda: change_permit.undo_cancellation(work, permit.permit_id, reason="خطأ"),
            )

    @rule(which=WHICH, against=st.sampled_from([Against.SUSPENSION, Against.CANCELLATION]))
    def appeal(self, which: int, against: Against) -> None:
        permit = self.permit(which)
        if permit.status in ("suspended", "cancelled"):
            filing = Filing(against=against, of=permit.permit_id, grounds="عولج")
            self.attempt("appeal", lambda: handle_appeal.file(self.desk.work, filing))

    @rule(which=WHICH, how=st.sampled_from(["accept", "accept", "reject", "withdraw"]))
    def decide_appeal(self, which: int, how: str) -> None:
        open_ = select(Appeal).where(Appeal.status == "received").order_by(Appeal.appeal_id)
        rows = list(self.session.scalars(open_))
        if not rows:
            return
        row, work = rows[which % len(rows)], self.desk.work.acting_as(self.third)
        decide = getattr(handle_appeal, how)
        made = self.attempt(
            f"{how} appeal", lambda: decide(work, row.appeal_id, reason="بعد النظر")
        )
        if made is not None and how == "accept" and row.against == Against.SUSPENSION.value:
            self.lift_ground_of(row)

    @rule(which=WHICH, what=st.sampled_from(CORRECTIONS))
    def correct(self, which: int, what: str) -> None:
        """Changes what a request copies: a place, an owner, who the owners are, or the building's area."""
        permit = self.permit(which)
        value = f"{next(self.values)}"
        owner = {
            "name": f"مالك {value} (بيانات تجريبية)",
            "mobile": f"050000{value:0>4}",
            "id_number": SAMPLE_IDS[int(value) % len(SAMPLE_IDS)],
        }
        wanted: dict[str, Any] = {"land": {"street": f"شارع {value}"}}
        if what in owner:
            correct = [{"position": 0, what: owner[what]}]
            wanted = {"owners": {"version": permit.version, "correct": correct}}
        elif what == "owners":
            heir = {**BUYER, **owner}
            change = {"remove": [0]} if len(permit.owners) > 1 else {"add": [heir]}
            wanted = {"owners": {"version": permit.version, **change}}
            self.other_owners.add(permit.building_id)
        elif what == "area":
            wanted = {"building": {"built_area_m2": float(permit.building["built_area_m2"]) - 1}}
        self.attempt(
            "correct",
            lambda: change_permit.amend(
                self.desk.work, permit.permit_id, reason="حسب الصك", wanted=wanted
            ),
        )

    # ------------------------------------------------------------------------------------------------ completion

    @rule(which=WHICH)
    def complete(self, which: int) -> None:
        permit = self.permit(which)
        self.attempt("complete", lambda: self.desk.complete(permit))

    @rule(which=WHICH)
    def revoke_completion(self, which: int) -> None:
        held = self.permit(which).completion
        if held is not None:
            self.attempt(
                "revoke completion",
                lambda: completion.revoke_completion(
                    self.desk.work, held["certificate_id"], reason="أُصدرت خطأ"
                ),
            )
