"""The company's inspectors, who enter what they saw of each building, each call until its outcome is known, and the
municipality's officer, who completes buildings meanwhile."""

import random
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import requests
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from tests.faults.desk import Tokens
from tests.faults.history import History
from tests.faults.loading import Load as AnyLoad
from tests.faults.loading import Piece
from tests.faults.nemesis import pause

from saudi.days import RIYADH

from .world import GATEWAY, PERMITS, Building, EntryWorld

INSPECTOR, OFFICER = "sec.insulation-inspector", "qatif.officer"
STAGES = ("walls", "roof", "windows")
REPEATED = 0.3
_ISSUED = text(
    "SELECT count(*) FROM certificate WHERE permit_id = :permit AND kind = 'insulation' AND status = 'issued'"
)


@dataclass(frozen=True)
class Fate:
    """What becomes of a building: what's entered last, and whether its insulation is in force at the end."""

    name: str
    in_force: bool
    last: str = ""


FATES = (
    Fate("sound", in_force=True),
    Fate("mended", in_force=True),
    Fate("incomplete", in_force=False),
    Fate("failed late", in_force=False, last="fail"),
    Fate("withdrawn", in_force=False, last="revocation"),
)


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
    """One call: its key, where it goes, and what it says."""

    marker: str
    path: str
    body: Mapping[str, Any]


class Load(AnyLoad):
    """Enters everything about `plans`; `answered` is marker → the ids with which its calls were answered."""

    def __init__(
        self, world: EntryWorld, history: History, run: int, todo: Sequence[Plan], seed: int
    ) -> None:
        super().__init__(history)
        self._world, self._run, self.todo = world, run, todo
        self._seed = seed
        self._tokens = Tokens(world.description)
        self._urls = [world.url_of(seat) for seat in world.seats(GATEWAY, "serve")]
        self._desk = world.url_of(world.seats(PERMITS, "serve")[0])
        self.answered: dict[str, set[str]] = defaultdict(set)
        self._lock = threading.Lock()

    def _pieces(self) -> Iterator[Piece]:
        for number, plan in enumerate(self.todo):
            yield plan.building.permit_id, partial(self._building, number, plan)

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
                "certificates",
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
                number, plan, "last", "revocations", reason="أزيل العزل (بيانات تجريبية)"
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
            number, plan, f"{stage}-{result}", "inspections", stage=stage, result=result,
            inspected_on=day.isoformat(), inspector="مفتش (بيانات تجريبية)", **defects,
        )  # fmt: skip

    def _sent(self, number: int, plan: Plan, what: str, path: str, **says: Any) -> Sent:
        building = plan.building
        names = {"permit_number": building.permit_number, "municipality": building.municipality}
        marker = f"{self._run}-{number}-{what}"
        return Sent(marker, f"/v1/insulation-{path}", {**names, **says})

    def _enter(self, sent: Sent, chance: random.Random) -> None:
        self._until(sent.marker, sent.path, partial(self._posted, sent, chance))
        if chance.random() < REPEATED:  # as a client that didn't hear the answer
            self._posted(sent, chance)

    def _posted(self, sent: Sent, chance: random.Random) -> bool:
        token = self._tokens.of(INSPECTOR, GATEWAY)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": sent.marker}
        url = chance.choice(self._urls) + sent.path
        try:
            answer = requests.post(url, json=dict(sent.body), headers=headers, timeout=10)
            said = answer.json()
        except (requests.RequestException, ValueError):
            self._history.note("inspector", "unknown", sent.path, marker=sent.marker)
            return False
        if answer.status_code != 202:
            slug = str(said.get("type", "")).rpartition("/")[2]
            self._history.note("inspector", "fail", sent.path, marker=sent.marker, problem=slug)
            return False
        with self._lock:
            self.answered[sent.marker].add(said["entry_id"])
        self._history.note("inspector", "ok", sent.path, marker=sent.marker, about=said["entry_id"])
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
        self._history.note(
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
