"""A state machine of a building: what the company enters arrives late, twice and out of order, while its permit is
suspended, renewed, sold, cancelled and restored, and the municipality completes it, refuses and revokes.

However it goes: insulation is issued exactly when an oracle that knows the rules in another form says so, no completion
stands on anything else without a flag, each entry is answered once, and from every state there's a way to a completion.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy import select

from chassis.core.refusals import Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.testing_walks import Tally, WalkDatabase, take_walks
from permits.commands import change_permit, insulation, insulation_entries
from permits.commands import completion as completions
from permits.domain.actors import SYSTEM
from permits.models import Certificate, Permit

from .waiting import preparing

STAGES = ("walls", "roof", "windows")
TALLY = Tally("permits: insulation of a building")


@dataclass(frozen=True)
class Said:
    """A fact as the oracle has it: a visit, a number, or an end (`from_day` None: what was voided may come again)."""

    at: datetime
    kind: str
    stage: str = ""
    result: str = ""
    day: date | None = None
    from_day: date | None = None


def real(facts: list[Said]) -> bool:
    """The oracle: whether three stages have passed, and a number was given since when nothing failed."""
    ends = [one for one in facts if one.kind == "end"]
    last = max(ends, key=lambda one: one.at, default=None)
    counted = [
        one
        for one in facts
        if one.kind != "end"
        and (last is None or one.at > last.at)
        and not (one.day and last and last.from_day and one.day < last.from_day)
    ]
    visits = [one for one in counted if one.kind == "visit"]
    fallen = [one.at for one in visits if one.result == "fail" and _latest(visits, one, one.at)]
    end = datetime.max.replace(tzinfo=facts[0].at.tzinfo) if facts else None
    passed = {one.stage for one in visits if one.result == "pass" and _latest(visits, one, end)}
    numbers = [one.at for one in counted if one.kind == "number"]
    return passed == set(STAGES) and any(all(failed < at for failed in fallen) for at in numbers)


def _latest(visits: list[Said], one: Said, until: Any) -> bool:
    """Whether a visit was the one that counted of its stage, of those that were made until then."""
    known = [other for other in visits if other.stage == one.stage and other.at <= until]
    return max(known, key=lambda other: (other.day, other.at)) is one


class Building(RuleBasedStateMachine):
    """One building, its permits one after another, and what the company has made and hasn't delivered."""

    def __init__(self, database: WalkDatabase, desk_class: Any, house: Any) -> None:
        super().__init__()
        self.database, self.desk_class, self.house = database, desk_class, house
        self.session = database.session
        database.begin_walk()
        self.clock, self.numbers = count(1), count(1)
        self.flying: list[dict[str, Any]] = []
        self.taken: list[dict[str, Any]] = []
        self.facts: list[Said] = []
        with database.transaction() as session:
            desk = desk_class(session, house)
            permit = desk.issued()
            self.permit_id, self.now, self.since = permit.permit_id, desk.now, desk.now.date()
        self.first_id, self.municipality = self.permit_id, "central-qatif"

    def teardown(self) -> None:
        try:
            self.there_is_a_way_out()
            self.every_event_is_there()
        finally:
            self.database.end_walk()

    # --------------------------------------------------------------------------------------------- the company

    def entry(self, kind: str, **parts: Any) -> dict[str, Any]:
        self.now += timedelta(seconds=next(self.clock) % 7 + 1)
        return {
            "entry_id": str(uuid4()),
            "kind": kind,
            "partner": "sec",
            "permit_id": self.first_id,
            "permit_number": "1448/1",
            "municipality": self.municipality,
            "entered_at": self.now.isoformat(),
            "entered_by": {"subject": "p_inspector"},
            **dict.fromkeys(("stage", "result", "materials", "u_value", "inspected_on")),
            **dict.fromkeys(("inspector", "certificate_number", "reason")),
            "defects": [],
            **parts,
        }

    def make_visit(self, stage: str, result: str, days: int = 0) -> dict[str, Any]:
        day = max(self.since, self.now.date() - timedelta(days=days))
        return self.entry(
            "inspection", stage=stage, result=result, inspected_on=day.isoformat(),
            inspector="مفتش تجربة", defects=["فراغ"] if result == "fail" else [],
        )  # fmt: skip

    @rule(
        stage=st.sampled_from(STAGES),
        result=st.sampled_from(["pass", "pass", "fail"]),
        days=st.sampled_from([0, 0, 1, 9]),
    )
    def a_visit_is_made(self, stage: str, result: str, days: int) -> None:
        self.flying.append(self.make_visit(stage, result, days))

    @rule()
    def the_whole_building_is_seen(self) -> None:
        self.flying += [self.make_visit(stage, "pass") for stage in STAGES]
        self.a_number_is_made()

    @rule()
    def a_number_is_made(self) -> None:
        number = f"SEC/{next(self.numbers)}"
        self.flying.append(self.entry("certificate", certificate_number=number))

    @rule()
    def a_withdrawal_is_made(self) -> None:
        self.flying.append(self.entry("revocation", reason="سبب السحب"))

    @precondition(lambda self: self.flying)
    @rule(which=st.integers(0, 99))
    def one_arrives(self, which: int) -> None:
        self.deliver(self.flying.pop(which % len(self.flying)))

    @precondition(lambda self: self.flying)
    @rule()
    def all_arrive(self) -> None:
        while self.flying:
            self.deliver(self.flying.pop(0))

    @precondition(lambda self: self.taken)
    @rule(which=st.integers(0, 99))
    def one_comes_again(self, which: int) -> None:
        entry = self.taken[which % len(self.taken)]
        before = self.state()
        self.run(
            entry["kind"],
            lambda desk: insulation_entries.answer_insulation(
                UnitOfWork(desk.session, SYSTEM, self.now), entry
            ),
        )
        assert self.state() == before

    def deliver(self, entry: dict[str, Any]) -> str:
        self.run(
            entry["kind"],
            lambda desk: insulation_entries.answer_insulation(
                UnitOfWork(desk.session, SYSTEM, self.now), entry
            ),
        )
        self.taken.append(entry)
        [answer] = self.published(entry["entry_id"])
        outcome = str(answer.envelope["data"]["outcome"])
        if outcome == "effective":
            at = datetime.fromisoformat(entry["entered_at"])
            day = date.fromisoformat(entry["inspected_on"]) if entry["inspected_on"] else None
            kind = {"inspection": "visit", "certificate": "number", "revocation": "end"}
            self.facts.append(
                Said(
                    at,
                    kind[entry["kind"]],
                    entry["stage"] or "",
                    entry["result"] or "",
                    day,
                    at.date() if entry["kind"] == "revocation" else None,
                )
            )
        self.check()
        return outcome

    # --------------------------------------------------------------------------------------- the municipality

    @rule(days=st.sampled_from([1, 30]))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def suspend(self) -> None:
        self.on_permit(change_permit.suspend, reason="سبب", body="الدفاع المدني")

    @rule()
    def reinstate(self) -> None:
        self.on_permit(change_permit.reinstate, reason="سبب")

    @rule(sure=st.sampled_from([False, False, True]))
    def cancel(self, sure: bool) -> None:
        if sure:
            self.on_permit(change_permit.cancel_permit, reason="سبب")

    @rule()
    def restore(self) -> None:
        self.on_permit(change_permit.restore, reason="سبب")

    @rule(kind=st.sampled_from(["renewal", "ownership_transfer"]))
    def another_permit_follows(self, kind: str) -> None:
        def issue(desk: Any) -> Any:
            return desk.issued(kind=kind, previous_permit_id=self.permit_id).permit_id

        self.permit_id = self.run(kind, issue) or self.permit_id
        self.check()

    @rule()
    def complete(self) -> None:
        done = self.run("complete", self.completion)
        if done is not None:
            assert real(self.facts), "a completion was issued on insulation that isn't real"
        elif self.effective() == "valid":
            assert not real(self.facts), "insulation is real and the gate was shut"
        self.check()

    @rule()
    def revoke_completion(self) -> None:
        for row in self.certificates("completion"):
            if row["status"] == "issued":
                self.on_certificate(completions.revoke_completion, row)

    @rule(how=st.sampled_from([insulation.revoke_insulation, insulation.void_insulation]))
    def the_officer_ends_it(self, how: Callable[..., Any]) -> None:
        for row in self.certificates("insulation")[-1:]:
            self.now += timedelta(seconds=1)
            if self.on_certificate(how, row):
                strict = how is insulation.revoke_insulation
                self.facts.append(
                    Said(self.now, "end", from_day=self.now.date() if strict else None)
                )
        self.check()

    # ------------------------------------------------------------------------------------------- what's checked

    def check(self) -> None:
        state, found = self.state(), real(self.facts)
        issued = [row for row in state if row["kind"] == "insulation" and row["status"] == "issued"]
        assert len(issued) <= 1
        if issued:
            assert found, "a certificate is in force that isn't real"
        elif found:
            assert self.effective() != "valid", "insulation is real, and no certificate is issued"
        grounds = {row["certificate_id"] for row in issued}
        for row in state:
            if row["kind"] == "completion" and row["status"] == "issued" and not row["flagged"]:
                assert row["insulation_certificate_id"] in grounds

    def every_event_is_there(self) -> None:
        for row in self.state():
            versions = [event.version for event in self.published(row["certificate_id"])]
            assert versions == list(range(1, row["version"] + 1))

    def lift_all(self) -> None:
        """Each suspension needs a lifting of its own."""
        for ground in self.permit(self.permit_id).grounds:
            named = ground["suspension_id"]
            self.on_permit(change_permit.reinstate, reason="سبب", suspension_id=named)

    def there_is_a_way_out(self) -> None:
        """The company and the municipality bring the building to its completion, whatever happened."""
        self.now += timedelta(days=1)
        while self.flying:
            self.deliver(self.flying.pop(0))
        self.restore()
        self.revoke_completion()
        self.lift_all()
        assert self.effective() == "valid"
        if not real(self.facts):
            self.the_whole_building_is_seen()
            assert {self.deliver(self.flying.pop(0)) for _ in STAGES} == {"effective"}
            # A number that was given before may be good again by now; else there's the new one.
            assert real(self.facts) or self.deliver(self.flying.pop(0)) == "effective"
        assert self.run("complete", self.completion) is not None

    def completion(self, desk: Any) -> str:
        day = {"inspected_on": self.now.date(), "inspector": "م. تجربة"}
        row = completions.issue_completion(
            UnitOfWork(desk.session, desk.officer, self.now), self.permit_id, **day
        )
        return str(row.certificate_id)

    def run(self, what: str, command: Callable[[Any], Any]) -> Any:
        """What a command answers in a transaction of its own; None when it's refused."""
        try:
            with preparing(self.database) as session:
                desk = self.desk_class(session, self.house)
                desk.now = self.now
                made = command(desk)
        except Refusal as refused:
            TALLY.count_refusal(what, refused)
            return None
        TALLY.count_effect(what)
        return made

    def on_permit(self, command: Callable[..., Any], by: str = "officer", **what: Any) -> None:
        self.run(
            command.__name__,
            lambda desk: command(
                UnitOfWork(desk.session, getattr(desk, by), self.now), self.permit_id, **what
            ),
        )
        self.check()

    def on_certificate(self, command: Callable[..., Any], row: dict[str, Any]) -> bool:
        key = row["certificate_id"]
        done = self.run(
            command.__name__,
            lambda desk: command(
                UnitOfWork(desk.session, desk.officer, self.now), key, reason="سبب"
            ),
        )
        return done is not None

    def effective(self) -> str:
        permit = self.permit(self.permit_id)
        expired = permit.status == "valid" and self.now.date() > permit.expires_on
        return "expired" if expired else str(permit.status)

    def permit(self, permit_id: str) -> Permit:
        found = select(Permit).where(Permit.permit_id == permit_id)
        return self.database.read(permit_id, lambda: self.session.scalars(found).one())

    def certificates(self, kind: str) -> list[dict[str, Any]]:
        return [row for row in self.state() if row["kind"] == kind]

    def state(self) -> list[dict[str, Any]]:
        return self.database.read(("state", self.permit_id), self._find_state)

    def _find_state(self) -> list[dict[str, Any]]:
        mine: list[str] = []
        key: str | None = self.permit_id
        while key is not None:
            mine.append(key)
            key = self.permit(key).previous_permit_id
        found = select(Certificate).where(Certificate.permit_id.in_(mine))
        rows = self.session.scalars(found.order_by(Certificate.certificate_id))
        return [row.record() for row in rows]

    def published(self, aggregate_id: str) -> list[Any]:
        return [one for one in self.database.events() if one.aggregate_id == aggregate_id]


def test_no_order_of_entries_and_commands_completes_a_building_without_insulation(
    session: Any, database: Any, desk_class: Any, house: Any
) -> None:
    kept = WalkDatabase(session, database)
    take_walks(
        lambda: Building(kept, desk_class, house),
        TALLY,
        connection=database.connection,
        few=8,
        steps=20,
    )


def test_the_oracle_knows_the_rules() -> None:
    start = datetime.fromisoformat("2027-03-01T09:00:00+00:00")

    def said(kind: str, hours: int, **more: Any) -> Said:
        return Said(start + timedelta(hours=hours), kind, day=start.date(), **more)

    passed = [said("visit", n, stage=stage, result="pass") for n, stage in enumerate(STAGES)]
    number = said("number", 5)
    failed = said("visit", 9, stage="roof", result="fail")

    assert real([number, *passed])
    assert not real(passed)
    assert not real([number, *passed[:2]])
    assert not real([*passed, number, failed])
    assert not real([*passed, number, said("end", 6)])
