"""Citizens who report, and the desk that treats and closes: each call again until its outcome is known."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.faults.desk import Answer, Desk
from tests.faults.nemesis import pause

PLACE = {"town": "سيهات", "district": "النسيم", "latitude": 26.4834, "longitude": 50.0468}
CATEGORIES = ("bump-wanted", "name-sign-missing", "tree-trimming", "street-unswept")
AUDIENCE = "reports"
# Status → those that are reached when the step was done before.
STEPS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "start": ({}, ("in_progress", "resolved", "closed")),
    "resolve": ({"text": "عولج (بيانات تجريبية)"}, ("resolved", "closed")),
    "close": ({}, ("closed",)),
}
MOST = 100_000  # reports of a run


def submission_of(run: int, number: int) -> str:
    """The id under which a client files its report, however often it has to ask."""
    return f"{run:08x}-0000-4000-8000-{number:012d}"


def mobile_of(run: int, number: int) -> str:
    """A mobile of its own for each report, in E.164."""
    return f"+9665{run * MOST + number:08d}"


class Load:
    """Files, treats and closes `count` reports. `urls`: the web processes."""

    def __init__(self, desk: Desk, urls: Sequence[str], run: int, count: int) -> None:
        self._desk, self._urls, self._run = desk, urls, run
        self._numbers = itertools.count(1)
        self._count = count
        self._lock = threading.Lock()
        self.closed = 0
        self.stop = threading.Event()

    def begin(self, clients: int) -> list[threading.Thread]:
        """The clients, at work."""
        threads = [
            threading.Thread(target=self._work, args=(f"client-{n}",)) for n in range(clients)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _work(self, client: str) -> None:
        for number in self._taken():
            if self._live(client, number):
                with self._lock:
                    self.closed += 1

    def _taken(self) -> Iterator[int]:
        while not self.stop.is_set():
            with self._lock:
                number = next(self._numbers)
            if number > self._count:
                return
            yield number

    def _live(self, client: str, number: int) -> bool:
        """The whole life of one report; False when the run was over before."""
        body = self._report(number)
        filed = self._until(lambda: self._call(client, "file", number, "", body), lambda: None)
        return filed is not None and all(
            self._step(client, step, number, filed["report_id"]) for step in STEPS
        )

    def _step(self, client: str, step: str, number: int, report_id: str) -> bool:
        words, reached = STEPS[step]

        def once() -> Answer:
            return self._call(client, step, number, f"/{report_id}/{step}", words, report_id)

        def done() -> Any:
            seen = self._desk.look(self._url(number) + f"/{report_id}", audience=AUDIENCE)
            return seen if seen and seen["status"] in reached else None

        return self._until(once, done) is not None

    def _report(self, number: int) -> dict[str, Any]:
        mobile = mobile_of(self._run, number)
        return {
            "submission_id": submission_of(self._run, number),
            "channel": "call",
            "category": CATEGORIES[number % len(CATEGORIES)],
            "description": f"بيانات تجريبية {number}",
            "location": PLACE,
            "reporter": {"mobile": mobile, "mobile_confirmed": True},
            "language": "ar",
        }

    def _call(
        self, client: str, operation: str, number: int, place: str, body: Any, about: str = ""
    ) -> Answer:
        return self._desk.call(
            client, operation, self._url(number) + place, body,
            marker=str(number), about=about, audience=AUDIENCE,
        )  # fmt: skip

    def _until(self, once: Callable[[], Answer], done: Callable[[], Any]) -> Any:
        """Calls until it's answered, or until a look shows that it was done; None when the run is over before."""
        while not self.stop.is_set():
            answer = once()
            if answer.ok:
                return answer.body
            if (seen := done()) is not None:
                return seen
            pause(0.2)
        return None

    def _url(self, number: int) -> str:
        """A web process; after some time another one."""
        return self._urls[(number + int(time.monotonic())) % len(self._urls)] + "/v1/reports"
