"""Clients who make things by a keyed call and then move them, each call until its outcome is known."""

import random
import threading
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import requests
from tests.faults.desk import Tokens
from tests.faults.history import History
from tests.faults.load import Load
from tests.faults.nemesis import pause
from tests.faults.trial import Plan
from tests.faults.world import World

REPEATED = 0.25  # of the keyed calls, made again by a client that didn't hear the answer
AGAIN = frozenset(("conflict", "idempotency-key-in-use", "outcome-unknown", "too-many-requests"))
OFFICER = "qatif.officer"


@dataclass(frozen=True)
class Call:
    """A call. `marker`: its own number, and the key of a call that makes a thing; `refusals`: the problems that are an
    outcome."""

    marker: str
    path: str
    body: Mapping[str, Any] | None
    who: str = OFFICER
    refusals: Collection[str] = ()


class RegisterLoad(Load):
    """`answered`: marker of a keyed call → the ids that its calls were answered with. `values`: since when the things
    of this run are made."""

    service: str
    key_name: str  # the id's name in the answer

    def __init__(self, world: World, plan: Plan, run: int, history: History) -> None:
        super().__init__(history)
        self._world, self._plan, self._run = world, plan, run
        self.values = {"since": datetime.now(UTC)}
        self.answered: dict[str, set[str]] = defaultdict(set)
        self.refused: set[str] = set()
        self._tokens, self._urls = Tokens(world.description), world.urls_of(self.service)
        self._lock = threading.Lock()

    def chance(self, *words: Any) -> random.Random:
        return random.Random(f"{self._plan.seed}/{self._run}/{'/'.join(map(str, words))}")

    def make(self, call: Call) -> str | None:
        """Makes a thing. Returns its id, None for a call that was refused or never done."""
        self.keep_trying(call.marker, "make", partial(self._has_outcome, call, is_keyed=True))
        if self.chance(call.marker, "again").random() < REPEATED:
            self._has_outcome(call, is_keyed=True)
        return next(iter(self.answered[call.marker]), None)

    def move(self, call: Call) -> None:
        """Moves a thing. A refusal is an outcome: the first call may have been carried out unheard."""
        self.keep_trying(call.marker, "move", partial(self._has_outcome, call, is_keyed=False))

    def _has_outcome(self, call: Call, *, is_keyed: bool) -> bool:
        token = self._tokens.of(call.who, self.service)
        key = f"{self._plan.seed}-{self._run}-{call.marker}"
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        url = self.chance(call.marker).choice(self._urls) + call.path
        try:
            answer = requests.post(url, json=call.body, headers=headers, timeout=10)
            said = answer.json()
        except (requests.RequestException, ValueError):
            pause(0.1)
            return False
        if answer.ok:
            if is_keyed:
                with self._lock:
                    self.answered[call.marker].add(said[self.key_name])
            return True
        return self._is_refused(call, answer.status_code, said, is_keyed=is_keyed)

    def _is_refused(self, call: Call, status: int, said: Any, *, is_keyed: bool) -> bool:
        slug = str(said.get("type", "")).rpartition("/")[2]
        self.history.note("client", "fail", call.path, marker=call.marker, problem=slug)
        is_final = slug in call.refusals if is_keyed else status < 500 and slug not in AGAIN
        if is_final and status not in (401, 403):
            self.refused.add(call.marker)
            return True
        return False
