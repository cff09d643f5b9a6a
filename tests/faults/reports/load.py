"""Citizens who report, and the desk that treats and closes: each call again until its outcome is known."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from tests.faults.desk import Desk, Tokens
from tests.faults.history import History
from tests.faults.load import Load, Piece
from tests.faults.trial import Plan
from tests.faults.world import World

PLACE = {"town": "سيهات", "district": "النسيم", "latitude": 26.4834, "longitude": 50.0468}
CATEGORIES = ("bump-wanted", "name-sign-missing", "tree-trimming", "street-unswept")
AUDIENCE = "reports"
# Step → its words, and the statuses that a report has once the step was done.
STEPS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "start": ({}, ("in_progress", "resolved", "closed")),
    "resolve": ({"text": "عولج (بيانات تجريبية)"}, ("resolved", "closed")),
    "close": ({}, ("closed",)),
}
MOST = 100_000  # reports of a run


def submission_of(run: int, number: int) -> str:
    """Returns the id under which a client files a report, however often the client has to ask."""
    return f"{run:08x}-0000-4000-8000-{number:012d}"


def mobile_of(run: int, number: int) -> str:
    """Returns a mobile that no other report has, in E.164."""
    return f"+9665{run * MOST + number:08d}"


class ReportLoad(Load):
    """Files, treats and closes the reports of a run; `closed` counts those that went all the way."""

    def __init__(self, world: World, plan: Plan, run: int, history: History) -> None:
        super().__init__(history)
        self.run, self.clients = run, plan["clients"]
        self.numbers = range(1, plan["reports"] + 1)
        self.values = {"run": f"{run:08x}-%"}
        self.closed = 0
        self._desk = Desk(history, Tokens(world.description), run)
        self._urls = world.urls_of("reports")
        self._lock = threading.Lock()

    def pieces(self) -> Iterator[Piece]:
        for number in self.numbers:
            yield str(number), partial(self._live, number)

    def _live(self, number: int) -> None:
        """Takes a report through its whole life, until the load is stopped."""
        body = self._report(number)
        filed = self.keep_trying(str(number), "file", lambda: self._call("file", number, "", body))
        if filed and all(self._step(step, number, filed["report_id"]) for step in STEPS):
            with self._lock:
                self.closed += 1

    def _step(self, step: str, number: int, report_id: str) -> Any:
        words, reached = STEPS[step]

        def once() -> Any:
            answer = self._call(step, number, f"/{report_id}/{step}", words, report_id)
            if answer is not None:
                return answer
            seen = self._desk.look(self._url(number) + f"/{report_id}", audience=AUDIENCE)
            return seen if seen and seen["status"] in reached else None

        return self.keep_trying(str(number), step, once)

    def _report(self, number: int) -> dict[str, Any]:
        mobile = mobile_of(self.run, number)
        return {
            "submission_id": submission_of(self.run, number),
            "channel": "call",
            "category": CATEGORIES[number % len(CATEGORIES)],
            "description": f"بيانات تجريبية {number}",
            "location": PLACE,
            "reporter": {"mobile": mobile, "mobile_confirmed": True},
            "language": "ar",
        }

    def _call(self, operation: str, number: int, place: str, body: Any, about: str = "") -> Any:
        """Returns the answer's body, None without a success."""
        answer = self._desk.call(
            "citizen", operation, self._url(number) + place, body,
            marker=str(number), about=about, audience=AUDIENCE,
        )  # fmt: skip
        return answer.body if answer.ok else None

    def _url(self, number: int) -> str:
        """Returns the place of a web process; after some time of another."""
        return self._urls[(number + int(time.monotonic())) % len(self._urls)] + "/v1/reports"
