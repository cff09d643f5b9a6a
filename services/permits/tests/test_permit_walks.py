"""A state machine of a permit's life: every order of commands, against a model of thirty lines that knows the rules.

Whatever is asked for in whatever order, it's allowed exactly when the model says so, a refusal changes nothing, each
change is one event with the next version, and no completion stands on insulation that isn't in force without a flag.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from chassis.core.refusals import Conflict
from chassis.testing_walks import Tally, WalkDatabase, take_walks
from permits.commands import change_permit, insulation
from permits.commands import completion as completions

STAGES = ("walls", "roof", "windows")
ENDS = {"reject": ("pending",), "void": ("pending", "issued"), "revoke": ("issued",)}
TALLY = Tally("permits: life of a permit")


@dataclass
class Insulation:
    certificate_id: str
    status: str = "pending"
    until: date | None = None
    stages: dict[str, str] = field(default_factory=dict)

    def in_force(self, today: date) -> bool:
        return self.status == "issued" and (self.until is None or today <= self.until)


@dataclass
class Completion:
    certificate_id: str
    rests_on: Insulation
    status: str = "issued"
    flagged: bool = False


class Life(RuleBasedStateMachine):
    def __init__(self, database: WalkDatabase, desk_class: Any, house: Any) -> None:
        super().__init__()
        self.database, self.desk_class, self.house = database, desk_class, house
        database.begin_walk()
        self.plots = count(1000)
        self.insulation: list[Insulation] = []
        self.completions: list[Completion] = []
        self.suspensions: list[str] = []
        self.status, self.version = "valid", 1
        with database.transaction() as session:
            desk = desk_class(session, house)
            permit = desk.issued()
            self.permit_id, self.expires_on, self.now = (
                permit.permit_id,
                permit.expires_on,
                desk.now,
            )

    def teardown(self) -> None:
        self.database.end_walk()

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def effective(self) -> str:
        expired = self.status == "valid" and self.today > self.expires_on
        return "expired" if expired else self.status

    def ask(self, what: str, allowed: bool, command: Callable[[Any], Any]) -> Any:
        """Asks for a command in a transaction of its own; what comes of it is what the model said."""
        made, refused = None, None
        try:
            with self.database.transaction() as session:
                desk = self.desk_class(session, self.house)
                desk.now = self.now
                made = command(desk)
        except Conflict as error:
            refused = error
            TALLY.count_refusal(what, error)
        else:
            TALLY.count_effect(what)
        assert (refused is None) == allowed, f"the model says {allowed}, the answer was {refused!r}"
        return made

    def on_permit(self, name: str, allowed: bool, **more: Any) -> bool:
        act = getattr(change_permit, name)
        made = self.ask(
            name, allowed, lambda desk: act(desk.work, self.permit_id, reason="سبب", **more)
        )  # fmt: skip
        self.version += allowed
        if made is not None:
            self.suspensions = [one["suspension_id"] for one in made.suspensions]
        return allowed

    @rule(days=st.sampled_from([1, 20, 400]))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def suspend(self) -> None:
        before = len(self.suspensions)
        if self.on_permit("suspend", self.status != "cancelled", body="الدفاع المدني"):
            self.status = "suspended"
            assert len(self.suspensions) == before + 1

    @rule(newest=st.booleans())
    def reinstate(self, newest: bool) -> None:
        before, lifted = self.suspensions, None
        if before:
            lifted = before[-1] if newest else before[0]
        if self.on_permit("reinstate", self.status == "suspended", suspension_id=lifted):
            assert self.suspensions == [one for one in before if one != lifted]
            finished = any(one.status == "issued" for one in self.completions)
            again = "completed" if finished else "valid"
            self.status = "suspended" if self.suspensions else again

    @rule()
    def amend(self) -> None:
        self.on_permit(
            "amend", self.status != "cancelled", wanted={"land": {"plots": [str(next(self.plots))]}}
        )

    @rule(sure=st.sampled_from([False, False, True]))
    def cancel(self, sure: bool) -> None:
        if sure and self.on_permit("cancel_permit", self.status != "cancelled"):
            self.status = "cancelled"
            for completion in self.completions:
                completion.flagged |= completion.status == "issued"

    @rule()
    def open_insulation(self) -> None:
        blocked = any(
            one.status == "pending" or one.in_force(self.today) for one in self.insulation
        )
        made = self.ask(
            "open_insulation",
            self.effective == "valid" and not blocked,
            lambda desk: insulation.open_insulation(desk.work, self.permit_id),
        )
        if made is not None:
            self.insulation.append(Insulation(made.certificate_id))

    @precondition(lambda self: self.insulation)
    @rule(stage=st.sampled_from(STAGES), result=st.sampled_from(["pass", "pass", "fail"]))
    def inspect(self, stage: str, result: str) -> None:
        self.visit(stage, result)

    @precondition(lambda self: self.insulation and self.insulation[-1].status == "pending")
    @rule()
    def pass_all_stages(self) -> None:
        for stage in STAGES:
            self.visit(stage, "pass")

    def visit(self, stage: str, result: str) -> None:
        last = self.insulation[-1]
        allowed = last.status == "pending"
        self.ask("visit", allowed, lambda desk: _inspect(desk, last.certificate_id, stage, result))
        if allowed:
            last.stages[stage] = result

    @precondition(lambda self: self.insulation)
    @rule(days=st.sampled_from([None, 30]))
    def issue_insulation(self, days: int | None) -> None:
        last = self.insulation[-1]
        passed = all(last.stages.get(stage) == "pass" for stage in STAGES)
        allowed = last.status == "pending" and passed and self.effective == "valid"
        until = self.today + timedelta(days=days) if days else None
        self.ask(
            "issue_insulation",
            allowed,
            lambda desk: insulation.issue_insulation(
                desk.work,
                last.certificate_id,
                valid_until=until,
            ),
        )
        if allowed:
            last.status, last.until = "issued", until

    @precondition(lambda self: self.insulation)
    @rule(how=st.sampled_from(sorted(ENDS)))
    def end_insulation(self, how: str) -> None:
        last = self.insulation[-1]
        allowed = last.status in ENDS[how]
        act = getattr(insulation, f"{how}_insulation")
        self.ask(
            "end_insulation",
            allowed, lambda desk: act(desk.work, last.certificate_id, reason="سبب")
        )  # fmt: skip
        if not allowed:
            return
        last.status = "ended"
        for completion in self.completions:
            if (
                completion.rests_on is last
                and completion.status == "issued"
                and not completion.flagged
            ):
                completion.flagged = True
                self.version += 1

    @rule()
    def complete(self) -> None:
        ground = next((one for one in self.insulation if one.in_force(self.today)), None)
        made = self.ask(
            "complete",
            self.effective == "valid" and ground is not None,
            lambda desk: completions.issue_completion(
                desk.work,
                self.permit_id,
                inspected_on=self.today,
                inspector="م. تجربة",
            ),
        )
        if made is not None and ground is not None:
            assert made.insulation_certificate_id == ground.certificate_id
            self.completions.append(Completion(made.certificate_id, ground))
            self.status, self.version = "completed", self.version + 1

    @precondition(lambda self: self.completions)
    @rule()
    def revoke_completion(self) -> None:
        last = self.completions[-1]
        allowed = last.status == "issued"
        self.ask(
            "revoke_completion",
            allowed,
            lambda desk: completions.revoke_completion(
                desk.work, last.certificate_id, reason="سبب"
            ),
        )
        if allowed:
            last.status, self.version = "revoked", self.version + 1
            self.status = "valid" if self.status == "completed" else self.status

    @invariant()
    def the_permits_events_are_its_versions_and_the_last_one_is_its_state(self) -> None:
        events = self.published(self.permit_id)
        assert [event.version for event in events] == list(range(1, self.version + 1))
        assert events[-1].envelope["data"]["status"] == self.status

    @invariant()
    def a_completion_that_lost_its_ground_is_flagged(self) -> None:
        for completion in self.completions:
            last = self.published(completion.certificate_id)[-1].envelope["data"]
            assert (last["status"], last["flagged"]) == (completion.status, completion.flagged)
            fell = completion.rests_on.status != "issued"
            assert completion.flagged or not (fell and completion.status == "issued")

    def published(self, aggregate_id: str) -> list[Any]:
        return [one for one in self.database.events() if one.aggregate_id == aggregate_id]


def _inspect(desk: Any, certificate_id: str, stage: str, result: str) -> None:
    seen = insulation.VisitReport(
        stage=stage, result=result, inspected_on=desk.now.date(), inspector="م. تجربة",
        defects=() if result == "pass" else ("فراغ في طبقة العزل",),
    )  # fmt: skip
    insulation.record_inspection(desk.work.acting_as(desk.reviewer), certificate_id, seen)


def test_no_order_of_commands_does_what_the_rules_forbid(
    session: Any, database: Any, desk_class: Any, house: Any
) -> None:
    kept = WalkDatabase(session, database)
    take_walks(
        lambda: Life(kept, desk_class, house),
        TALLY,
        connection=database.connection,
        few=12,
        steps=25,
    )
