"""Municipalities' systems that submit, one by one and by the batch, each call again until it's answered; and payers."""

import itertools
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import requests
import urllib3
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from tests.faults.desk import Answer, Tokens, judge
from tests.faults.feed.readers import Reader, readers_of
from tests.faults.history import History
from tests.faults.load import Load, Piece, spread
from tests.faults.nemesis import pause
from tests.faults.trial import Plan
from tests.faults.world import World

from chassis.core.ids import new_id

from .submissions import HEARS, PLACES, Wanted

GATEWAY = "partner-gateway"
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
        token = self._tokens.of(f"{municipality}-system", GATEWAY)
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


class ApplicationLoad(Load):
    """Municipalities' systems that submit the applications of a run: half one by one, half by the batch.

    A tenth of the answered calls is made again. `answered`: number → every id that the
    application was answered with; `refused`: what was refused, and why. Readers hear the change feeds, and payers pay
    every bill that is registered, once.
    """

    clients = 9
    readers: Sequence[Reader] = ()

    def __init__(self, world: World, plan: Plan, run: int, history: History) -> None:
        super().__init__(history)
        self._world, self._plan, self._run = world, plan, run
        count, fees_every = plan["applications"], plan["fees-every"]
        self.wanted = [Wanted(run, number, fees_every) for number in range(1, count + 1)]
        self.answered: dict[int, list[str]] = defaultdict(list)
        self.refused: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._heard: list[int] = []
        self._paid: set[str] = set()
        self.counter = self._counter()

    def _counter(self) -> Counter:
        """Waits until the gateway accepts, and begins to listen. The ids of the run are greater than `since`."""
        tokens, urls = Tokens(self._world.description), self._world.urls_of(GATEWAY)
        counter = Counter(self.history, tokens, urls)
        require_acceptance(counter)
        self.readers = readers_of(urls, tokens, HEARS, limits=(200,))
        self.values = {"since": new_id()}
        return counter

    def pieces(self) -> Iterator[Piece]:
        """Yields singles and batches, mixed, over four fifths of the time; as fast as they go when nothing breaks."""
        pieces: list[tuple[float, Piece]] = []
        for municipality in PLACES:
            ours = [one for one in self.wanted if one.municipality == municipality]
            half = len(ours) // 2
            singles: list[Piece] = [
                (str(one.number), partial(self._submit, one)) for one in ours[:half]
            ]
            batches: list[Piece] = [
                (f"batch {batch[0].number}", partial(self._submit_batch, batch))
                for batch in batches_of(ours[half:])
            ]
            for some in (singles, batches):
                pieces += [(place / len(some), piece) for place, piece in enumerate(some)]
        pieces.sort(key=lambda one: one[0])
        seconds = self._plan.seconds * 0.8 if self._plan.kinds else 0.0
        yield from spread([piece for _, piece in pieces], seconds, self.stop)

    def attendants(self) -> list[Callable[[], None]]:
        return [self._pay_all, *(partial(reader.listen, self.over) for reader in self.readers)]

    def heard_anew(self) -> str:
        """Says whether the readers have heard anything since the last question."""
        before, self._heard = self._heard, [len(reader.seen) for reader in self.readers]
        return "" if before == self._heard else "changes that are heard just now"

    def _submit(self, one: Wanted) -> None:
        content = json.dumps(one.body, ensure_ascii=False).encode()
        for _ in range(self._times(one.number)):
            key = f"{self._run}-{one.number}"
            found = self._send(one, "/v1/licence-applications", content, key)
            if found is not None:
                self._note(one, found["application_id"])

    def _submit_batch(self, batch: Sequence[Wanted]) -> None:
        content = b"\n".join(_line(self._run, one) for one in batch)
        first = batch[0]
        for turn in range(self._times(first.number)):
            # Again under the same key, or under another key: then the references say that it's the same batch.
            key = f"{self._run}-batch-{first.number}" + (
                "-again" if turn and first.number % 2 else ""
            )
            found = self._send(first, "/v1/licence-application-batches", content, key)
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
        chance = random.Random(f"{self._plan.seed}/{self._run}/{number}/again").random()
        return 2 if chance < AGAIN else 1

    def _send(self, one: Wanted, place: str, content: bytes, key: str) -> Any:
        """Sends until there is an answer. Returns None when it's a refusal, or when the load was stopped."""
        answers: list[Answer] = []

        def is_final() -> bool:
            answers.append(self.counter.send(one.municipality, place, content, key))
            refused = 400 <= answers[-1].status < 500 and answers[-1].status not in (401, 429)
            return answers[-1].ok or (refused and answers[-1].problem not in FOR_NOW)

        if not self.keep_trying(key, place, is_final):
            return None
        if not answers[-1].ok:
            self.refused.append((key, f"{answers[-1].status} {answers[-1].problem}"))
            return None
        return answers[-1].body

    def _pay_all(self) -> None:
        """Pays every registered bill once."""
        with requests.Session() as http:
            while not self.over.is_set():
                owed = [one for one in self._owed() if one not in self._paid]
                for number in owed:
                    self._pay(http, number)
                if not owed:
                    pause(0.5)

    def _owed(self) -> list[str]:
        try:
            with self._world.databases["payments"].transaction() as session:
                return list(session.scalars(_OWED, self.values))
        except SQLAlchemyError:
            return []

    def _pay(self, http: requests.Session, bill_number: str) -> None:
        """Pays a bill. A call that breaks is made again: the bill system takes money for an open bill only."""
        body = {"bill_number": bill_number, "force": False}
        try:
            answer = http.post(f"{self._world.provider[1]}/pay", json=body, timeout=10)
        except requests.RequestException:
            pause(0.2)
            return
        if answer.status_code < 500:
            self._paid.add(bill_number)


def batches_of(wanted: Sequence[Wanted]) -> list[list[Wanted]]:
    size = max(1, min(MOST_LINES, len(wanted) // (BATCHES // len(PLACES))))
    return [list(wanted[begin : begin + size]) for begin in range(0, len(wanted), size)]


def _line(run: int, one: Wanted) -> bytes:
    line = {"reference": f"{run}-{one.number}", "application": one.body}
    return json.dumps(line, ensure_ascii=False).encode()


def require_acceptance(counter: Counter, seconds: float = 90.0) -> None:
    """Waits until the gateway accepts, which needs the table of activities. Raises AssertionError after the time."""
    deadline, probe = time.monotonic() + seconds, Wanted(0, 1, 2)
    content = json.dumps(probe.body, ensure_ascii=False).encode()
    while not counter.send(probe.municipality, "/v1/licence-applications", content, "probe").ok:
        if time.monotonic() > deadline:
            raise AssertionError("the gateway accepts nothing")
        pause(0.3)
