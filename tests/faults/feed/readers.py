"""Systems of partners that ask for changes: each goes on from its last cursor, whatever became of its last question."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import requests
from tests.faults.desk import Tokens
from tests.faults.nemesis import pause

from .world import AUDIENCE

# An event as it was heard: its id, what it's about, and the version.
Heard = tuple[str, str, int]
# Who reads, and of which municipalities it may hear.
READERS: Mapping[str, Sequence[str]] = {
    "saihat-system": ("saihat",),
    "tarout-system": ("tarout",),
    "qatif.licence-officer": ("saihat", "tarout"),
}
WAIT_S, RESTS_EVERY = 3, 17


class Reader(threading.Thread):
    """`seen`: what was heard, in the order of arrival."""

    def __init__(self, who: str, urls: Sequence[str], tokens: Tokens, limit: int) -> None:
        super().__init__(name=who, daemon=True)
        self.who, self.seen = who, list[Heard]()
        self.limit = limit
        self._urls, self._tokens = urls, tokens
        self._cursor: str | None = None
        self._asked = 0
        self.stop = threading.Event()

    def begin_at_now(self) -> None:
        """What happened before this run isn't read."""
        while self._ask({"after": "now"}) is None:
            pause(0.5)

    def run(self) -> None:
        while not self.stop.is_set():
            answer = self._ask({"after": self._cursor, "wait": WAIT_S, "limit": self.limit})
            if answer is not None:
                self.seen += answer
            if self._asked % RESTS_EVERY == 0:
                pause(0.3)

    def _ask(self, asked: dict[str, Any]) -> list[Heard] | None:
        """The changes, behind which the cursor stands now; None for a question without an answer."""
        self._asked += 1
        url = self._urls[self._asked % len(self._urls)] + "/v1/events"
        token = self._tokens.of(self.who, AUDIENCE)
        try:
            answer = requests.get(
                url, params=asked, headers={"Authorization": f"Bearer {token}"}, timeout=WAIT_S + 8
            )
            if answer.status_code != 200:
                raise requests.RequestException(str(answer.status_code))
            page = answer.json()
        except (requests.RequestException, ValueError):
            pause(0.1)
            return None
        self._cursor = page["next_cursor"]
        return [(one["id"], one["subject"], int(one["sequence"])) for one in page["items"]]


def begin(
    urls: Sequence[str],
    tokens: Tokens,
    whose: Iterable[str] = READERS,
    limits: Sequence[int] = (5, 50),
) -> list[Reader]:
    """Those who read, at work, each several times with pages of different lengths."""
    readers = [Reader(who, urls, tokens, limit) for who in whose for limit in limits]
    for one in readers:
        one.begin_at_now()
    for one in readers:
        one.start()
    return readers


def ended(readers: Sequence[Reader], wanted: Callable[[Reader], int], seconds: float) -> bool:
    """Whether all have seen as much as they may within the time; they go on reading until then."""
    for _ in range(int(seconds / 0.2)):
        if all(
            len({event_id for event_id, _, _ in reader.seen}) >= wanted(reader)
            for reader in readers
        ):
            return True
        pause(0.2)
    return False
