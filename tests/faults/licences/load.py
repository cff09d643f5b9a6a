"""Municipalities' systems that submit, one by one and by the batch, each call again until it's answered; and payers."""

import itertools
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import requests
import urllib3
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from tests.faults.desk import Answer, Tokens, judge
from tests.faults.history import History
from tests.faults.nemesis import pause

from .submissions import PLACES, Wanted
from .world import LicenceWorld

AUDIENCE = "partner-gateway"
AGAIN = 0.10  # of the calls, though they were answered
MOST_LINES, BATCHES = 500, 24  # a batch; batches of a run, at least
# A call that's refused so is sent again: the one before is still carried out.
FOR_NOW = frozenset(("idempotency-key-in-use",))
TIMEOUT = urllib3.Timeout(connect=2.0, read=30.0)
_OWED = text(
    "SELECT bill_number FROM bill WHERE status = 'registered' AND bill_id::text >= :since LIMIT 1000"
)


class Counter:
    """Sends to the gateway, and notes each call before and after. Shared by all clients of a run."""

    def __init__(self, history: History, tokens: Tokens, urls: Sequence[str]) -> None:
        self._history, self._tokens, self._urls = history, tokens, urls
        self._pool = urllib3.PoolManager(maxsize=32, retries=False, timeout=TIMEOUT)
        self._calls = itertools.count(1)

    def send(self, municipality: str, place: str, content: bytes, key: str) -> Answer:
        """POSTs it once. The answer's body is the lines of a batch, or the object."""
        self._history.note(municipality, "invoke", place, marker=key)
        token = self._tokens.of(f"{municipality}-system", AUDIENCE)
        none = Answer("fail", 0, None, "no-token")
        answer = self._posted(place, content, key, token) if token else none
        self._history.note(
            municipality,
            answer.kind,
            place,
            marker=key,
            status=answer.status,
            problem=answer.problem,
        )
        return answer

    def _posted(self, place: str, content: bytes, key: str, token: str) -> Answer:
        batch = place.endswith("batches")
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": key,
            "Content-Type": "application/x-ndjson" if batch else "application/json",
        }
        url = self._urls[next(self._calls) % len(self._urls)] + place
        try:
            answer = self._pool.request("POST", url, body=content, headers=headers)
            found = _read(answer.data, lines=batch and answer.status < 300)
        except urllib3.exceptions.NewConnectionError:
            return Answer("fail", 0, None, "refused")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return Answer("unknown", 0, None, type(error).__name__)
        except ValueError:
            return Answer("unknown", 0, None, "no-json")
        return judge(answer.status, answer.headers.get("Content-Type", ""), found)


def _read(content: bytes, *, lines: bool) -> Any:
    """Raises ValueError."""
    if lines:
        return [json.loads(line) for line in content.splitlines() if line]
    return json.loads(content or b"null")


class Load:
    """Submits applications 1 to `count` of a run, over `seconds` or as fast as it goes: half of them one by one, the
    others by the batch. `answered`: number → every id that it was answered with; `refused`: what was refused, why."""

    def __init__(
        self, counter: Counter, run: int, *, count: int, fees_every: int, seed: int, seconds: float
    ) -> None:
        self._counter, self._run, self._seed, self._seconds = counter, run, seed, seconds
        self.wanted = [Wanted(run, number, fees_every) for number in range(1, count + 1)]
        self.answered: dict[int, list[str]] = defaultdict(list)
        self.refused: list[tuple[str, str]] = []
        self.stop = threading.Event()
        self._lock = threading.Lock()

    def begin(self) -> list[threading.Thread]:
        """Three clients of each municipality, at work: two that submit one by one, and one by the batch."""
        threads = []
        for municipality in PLACES:
            own = [one for one in self.wanted if one.municipality == municipality]
            half = len(own) // 2
            single, batches = own[:half], _batches(own[half:])
            ones, many = iter(single), iter(batches)
            pace = self._seconds * 2 / max(1, len(single))
            threads += [self._thread(self._singles, municipality, ones, pace) for _ in range(2)]
            pace = self._seconds / max(1, len(batches))
            threads.append(self._thread(self._batched, municipality, many, pace))
        for thread in threads:
            thread.start()
        return threads

    def _thread(self, work: Callable[..., None], *words: Any) -> threading.Thread:
        return threading.Thread(target=work, args=words)

    def _taken(self, things: Iterator[Any], pace: float) -> Iterator[Any]:
        """One thing after another, each so many seconds after the one before at the soonest."""
        due = time.monotonic()
        while not self.stop.is_set():
            pause(max(0.0, due - time.monotonic()))
            due += pace
            with self._lock:
                one = next(things, None)
            if one is None:
                return
            yield one

    def _singles(self, municipality: str, singles: Iterator[Wanted], pace: float) -> None:
        for one in self._taken(singles, pace):
            content = json.dumps(one.body, ensure_ascii=False).encode()
            for _ in range(self._times(one.number)):
                found = self._until(
                    municipality, "/v1/licence-applications", content, f"{self._run}-{one.number}"
                )
                if found is not None:
                    self._note(one, found["application_id"])

    def _batched(self, municipality: str, batches: Iterator[list[Wanted]], pace: float) -> None:
        for batch in self._taken(batches, pace):
            content = b"\n".join(_line(self._run, one) for one in batch)
            first = batch[0].number
            for turn in range(self._times(first)):
                # Again under the same key, or under another one: then the references say that it's the same.
                key = f"{self._run}-batch-{first}" + ("-again" if turn and first % 2 else "")
                found = self._until(municipality, "/v1/licence-application-batches", content, key)
                for one, line in zip(batch, found or (), strict=False):
                    self._line(one, line)

    def _line(self, one: Wanted, line: Mapping[str, Any]) -> None:
        if line.get("application_id"):
            self._note(one, line["application_id"])
        else:
            problem = line.get("problem", {}).get("type", "no answer")
            self.refused.append((f"{self._run}-{one.number}", problem))

    def _note(self, one: Wanted, application_id: str) -> None:
        with self._lock:
            self.answered[one.number].append(application_id)

    def _times(self, number: int) -> int:
        chance = random.Random(f"{self._seed}/{self._run}/{number}/again").random()
        return 2 if chance < AGAIN else 1

    def _until(self, municipality: str, place: str, content: bytes, key: str) -> Any:
        """The answer, however often it has to be asked for; None when it's refused, or the run was over before."""
        while not self.stop.is_set():
            answer = self._counter.send(municipality, place, content, key)
            if answer.ok:
                return answer.body
            is_final = 400 <= answer.status < 500 and answer.status not in (401, 429)
            if is_final and answer.problem not in FOR_NOW:
                self.refused.append((key, f"{answer.status} {answer.problem}"))
                return None
            pause(0.1)
        return None


def _batches(wanted: Sequence[Wanted]) -> list[list[Wanted]]:
    size = max(1, min(MOST_LINES, len(wanted) // (BATCHES // len(PLACES))))
    return [list(wanted[begin : begin + size]) for begin in range(0, len(wanted), size)]


def _line(run: int, one: Wanted) -> bytes:
    line = {"reference": f"{run}-{one.number}", "application": one.body}
    return json.dumps(line, ensure_ascii=False).encode()


class Payers(threading.Thread):
    """Pay every bill that is registered, once, until `stop` is set."""

    def __init__(self, world: LicenceWorld, since: str) -> None:
        super().__init__(name="payers", daemon=True)
        self._world, self._since = world, since
        self._paid: set[str] = set()
        self.stop = threading.Event()

    def run(self) -> None:
        with requests.Session() as http:
            while not self.stop.is_set():
                owed = [one for one in self._owed() if one not in self._paid]
                for number in owed:
                    self._pay(http, number)
                if not owed:
                    pause(0.5)

    def _owed(self) -> list[str]:
        try:
            with self._world.databases["payments"].transaction() as session:
                return list(session.scalars(_OWED, {"since": self._since}))
        except SQLAlchemyError:
            return []

    def _pay(self, http: requests.Session, bill_number: str) -> None:
        """A call that breaks is made again: the bill system takes money for an open bill only."""
        body = {"bill_number": bill_number, "force": False}
        try:
            answer = http.post(f"{self._world.provider}/pay", json=body, timeout=10)
        except requests.RequestException:
            pause(0.2)
            return
        if answer.status_code < 500:
            self._paid.add(bill_number)


def accepts(world: LicenceWorld, counter: Counter, seconds: float = 90.0) -> bool:
    """Whether the gateway knows the table of activities within the time, so that it accepts."""
    deadline, probe = time.monotonic() + seconds, Wanted(0, 1, 2)
    content = json.dumps(probe.body, ensure_ascii=False).encode()
    while time.monotonic() < deadline:
        if counter.send(probe.municipality, "/v1/licence-applications", content, "probe").ok:
            return True
        pause(0.3)
    return False
