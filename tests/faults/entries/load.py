"""The company's staff, who enter what they saw of each building and what they did about an order to cut its current,
each call until its outcome is known, and the municipality's officer, who completes buildings and gives orders."""

import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import requests
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from tests.faults.desk import Tokens
from tests.faults.history import History
from tests.faults.load import Load, Piece
from tests.faults.nemesis import pause
from tests.faults.world import World

from saudi.days import RIYADH

from .orders import Orders

GATEWAY, PERMITS = "partner-gateway", "permits"
INSPECTOR, CONNECTOR, OFFICER = "sec.insulation-inspector", "sec.connector", "qatif.officer"
STAGES = ("walls", "roof", "windows")
REPEATED = 0.3
_ISSUED = text(
    "SELECT count(*) FROM certificate WHERE permit_id = :permit AND kind = 'insulation' AND status = 'issued'"
)


@dataclass(frozen=True)
class Building:
    """A permit as the company names it."""

    permit_id: str
    permit_number: str
    municipality: str


@dataclass(frozen=True)
class Fate:
    """What becomes of a building: what's entered last, and whether its insulation is in force at the end. `ordered`:
    its current is to be cut; `done`: what the company did about the last order, as permits has it at the end."""

    name: str
    in_force: bool
    last: str = ""
    ordered: bool = False
    done: frozenset[str] = frozenset()


FATES = (
    Fate("sound", in_force=True),
    Fate("mended", in_force=True),
    Fate("incomplete", in_force=False),
    Fate("failed late", in_force=False, last="fail"),
    Fate("withdrawn", in_force=False, last="revocation"),
    Fate("cut", in_force=False, ordered=True, done=frozenset(("acknowledged", "executed"))),
    Fate(
        "restored",
        in_force=True,
        ordered=True,
        done=frozenset(("acknowledged", "executed", "reconnected")),
    ),
    Fate("cut too late", in_force=False, ordered=True, done=frozenset(("executed", "reconnected"))),
    Fate("ordered anew", in_force=False, ordered=True),
)
EFFECTIVE, OTHER = "effective", "other-order"


@dataclass(frozen=True)
class Plan:
    """A building, its fate, and whether its last entry waits until the building is completed."""

    building: Building
    fate: Fate
    waits: bool


def plans(buildings: Sequence[Building]) -> list[Plan]:
    return [
        Plan(building, FATES[number % len(FATES)], waits=number % (2 * len(FATES)) < len(FATES))
        for number, building in enumerate(buildings)
    ]


@dataclass(frozen=True)
class Sent:
    """One call: its key, where it goes, what it says, and who makes it."""

    marker: str
    path: str
    body: Mapping[str, Any]
    who: str = INSPECTOR


class Unordered(Exception):
    """The officer's command was never carried out, so the company has nothing to do."""


class EntryLoad(Load):
    """Enters everything about `plans`; `answered` is marker → the ids with which its calls were answered, `due` is
    marker → what permits has to say to an entry about an order."""

    def __init__(
        self, world: World, orders: Orders, history: History, *, run: int, todo: Sequence[Plan], seed: int
    ) -> None:  # fmt: skip
        super().__init__(history)
        self._world, self._orders, self._run, self._seed = world, orders, run, seed
        self.todo = todo
        self.values = {"permits": [one.building.permit_id for one in todo]}
        self._tokens = Tokens(world.description)
        self._urls = world.urls_of(GATEWAY)
        self._desk = world.urls_of(PERMITS)[0]
        self.answered: dict[str, set[str]] = defaultdict(set)
        self.due: dict[str, str] = {}
        self._lock = threading.Lock()

    def pieces(self) -> Iterator[Piece]:
        for number, plan in enumerate(self.todo):
            does = self._order if plan.fate.ordered else self._building
            yield plan.building.permit_id, partial(does, number, plan)

    def _order(self, number: int, plan: Plan) -> None:
        """Gives an order. The company follows the order, or an order that was replaced."""
        chance = random.Random(f"{self._seed}/{self._run}/{number}")
        permit_id, orders, name = plan.building.permit_id, self._orders, plan.fate.name
        if name == "restored" and not self._insulated(number, plan, chance):
            return
        order = self._officer(permit_id, "order", lambda: orders.give(permit_id))
        if name in ("cut too late", "ordered anew"):
            self._officer(permit_id, "withdraw", lambda: orders.withdraw(permit_id))
        if name == "ordered anew":
            again = partial(orders.give, permit_id, besides=order)
            self._officer(permit_id, "order anew", again)
        known = OTHER if name == "ordered anew" else EFFECTIVE
        does = (
            ["disconnections"] if name == "cut too late" else ["acknowledgement", "disconnections"]
        )
        does += ["reconnections"] if name == "cut too late" else []
        chance.shuffle(does)
        for what in does:
            self._enter_about_order(number, plan, what, order, known, chance)
        if name == "restored":
            self._officer(permit_id, "allow", lambda: orders.allow(permit_id))
            self._enter_about_order(number, plan, "reconnections", order, known, chance)

    def _insulated(self, number: int, plan: Plan, chance: random.Random) -> bool:
        """Current may be given again into a building with insulation alone."""
        self._building(number, plan)
        about, is_issued = plan.building.permit_id, partial(self._is_issued, plan.building)
        return bool(self.keep_trying(about, "insulate", is_issued))

    def _officer(self, permit_id: str, what: str, does: Callable[[], Any]) -> Any:
        """Returns the answer of the officer's command. Raises Unordered when the command was never carried out."""

        def command() -> Any:
            with suppress(SQLAlchemyError):
                return does()

        if answer := self.keep_trying(permit_id, what, command):
            return answer
        raise Unordered(what)

    def _enter_about_order(
        self, number: int, plan: Plan, what: str, order: str, due: str, chance: random.Random
    ) -> None:
        """Enters what the company did about an order."""
        path = "disconnection-acknowledgements" if what == "acknowledgement" else f"supply-{what}"
        says = {"order_id": order, "happened_on": today().isoformat()}
        sent = self._sent(number, plan, what, path, **says)
        self.due[sent.marker] = due
        self._enter(replace(sent, who=CONNECTOR), chance)

    def _building(self, number: int, plan: Plan) -> None:
        """Visits in any order, then the number, then what comes last: the order of the entries is the truth, whatever
        order permits gets them in."""
        chance = random.Random(f"{self._seed}/{self._run}/{number}")
        visits = self._visits(number, plan)
        chance.shuffle(visits)
        for one in visits:
            self._enter(one, chance)
        self._enter(
            self._sent(
                number,
                plan,
                "number",
                "insulation-certificates",
                certificate_number=_number(self._run, number),
            ),
            chance,
        )
        if plan.waits and plan.fate.last:
            self._complete(plan.building)
        if plan.fate.last == "fail":
            self._enter(self._visit(number, plan, "roof", "fail", 0), chance)
        elif plan.fate.last:
            last = self._sent(
                number, plan, "last", "insulation-revocations", reason="أزيل العزل (بيانات تجريبية)"
            )
            self._enter(last, chance)

    def _visits(self, number: int, plan: Plan) -> list[Sent]:
        stages = STAGES[:2] if plan.fate.name == "incomplete" else STAGES
        found = [self._visit(number, plan, stage, "pass", 2) for stage in stages]
        if plan.fate.name == "mended":
            found.append(self._visit(number, plan, "walls", "fail", 3))
        return found

    def _visit(self, number: int, plan: Plan, stage: str, result: str, days_ago: int) -> Sent:
        day = today() - timedelta(days=days_ago)
        defects = {"defects": ["فراغ خلف العزل (بيانات تجريبية)"]} if result == "fail" else {}
        return self._sent(
            number, plan, f"{stage}-{result}", "insulation-inspections", stage=stage, result=result,
            inspected_on=day.isoformat(), inspector="مفتش (بيانات تجريبية)", **defects,
        )  # fmt: skip

    def _sent(self, number: int, plan: Plan, what: str, path: str, **says: Any) -> Sent:
        building = plan.building
        names = {"permit_number": building.permit_number, "municipality": building.municipality}
        marker = f"{self._run}-{number}-{what}"
        return Sent(marker, f"/v1/{path}", {**names, **says})

    def _enter(self, sent: Sent, chance: random.Random) -> None:
        self.keep_trying(sent.marker, sent.path, partial(self._posted, sent, chance))
        if chance.random() < REPEATED:  # as a client that didn't hear the answer
            self._posted(sent, chance)

    def _posted(self, sent: Sent, chance: random.Random) -> bool:
        token = self._tokens.of(sent.who, GATEWAY)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": sent.marker}
        url = chance.choice(self._urls) + sent.path
        try:
            answer = requests.post(url, json=dict(sent.body), headers=headers, timeout=10)
            said = answer.json()
        except (requests.RequestException, ValueError):
            self.history.note("inspector", "unknown", sent.path, marker=sent.marker)
            return False
        if answer.status_code != 202:
            slug = str(said.get("type", "")).rpartition("/")[2]
            self.history.note("inspector", "fail", sent.path, marker=sent.marker, problem=slug)
            return False
        with self._lock:
            self.answered[sent.marker].add(said["entry_id"])
        self.history.note("inspector", "ok", sent.path, marker=sent.marker, about=said["entry_id"])
        return True

    def _complete(self, building: Building) -> None:
        """Once its insulation is issued, until the officer hears an answer; or not at all: some entries may wait in the
        outbox for long. A completion that was carried out unheard is refused the second time, and stands."""
        for _ in range(60):
            if self.stop.is_set() or (self._is_issued(building) and self._is_answered(building)):
                return
            pause(0.3)

    def _is_answered(self, building: Building) -> bool:
        body = {"inspected_on": today().isoformat(), "inspector": "بيانات تجريبية"}
        headers = {"Authorization": f"Bearer {self._tokens.of(OFFICER, PERMITS)}"}
        url = f"{self._desk}/v1/permits/{building.permit_id}/completion-certificates"
        try:
            answer = requests.post(url, json=body, headers=headers, timeout=10)
        except requests.RequestException:
            return False
        kind = "ok" if answer.ok else "fail"
        self.history.note(
            "officer", kind, "complete", about=building.permit_id, status=answer.status_code
        )
        return answer.ok or answer.status_code == requests.codes.conflict

    def _is_issued(self, building: Building) -> bool:
        try:
            with self._world.databases[PERMITS].transaction() as session:
                return bool(session.scalar(_ISSUED, {"permit": building.permit_id}))
        except SQLAlchemyError:
            return False


def today() -> date:
    return datetime.now(RIYADH).date()


def _number(run: int, number: int) -> str:
    return f"SEC-TI-{run}-{number}"
