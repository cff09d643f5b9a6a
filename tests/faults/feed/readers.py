"""Systems of partners that ask for changes, each from its last cursor, whatever became of the last question."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import requests
from tests.faults.desk import Tokens
from tests.faults.nemesis import pause

AUDIENCE = "partner-gateway"
# An event as a reader heard it: its id, its subject, and the version.
Heard = tuple[str, str, int]
# Reader → the municipalities that the reader may hear of.
READERS: Mapping[str, Sequence[str]] = {
    "saihat-system": ("saihat",),
    "tarout-system": ("tarout",),
    "qatif.licence-officer": ("saihat", "tarout"),
}
WAIT_S, RESTS_EVERY = 3, 17


class Reader:
    """One system. `seen`: what was heard, in the order of arrival."""

    def __init__(self, who: str, urls: Sequence[str], tokens: Tokens, limit: int) -> None:
        self.who, self.seen = who, list[Heard]()
        self.limit = limit
        self._urls, self._tokens = urls, tokens
        self._cursor: str | None = None
        self._asked = 0

    def begin_at_now(self) -> None:
        """Passes over what happened before this run."""
        while self._ask({"after": "now"}) is None:
            pause(0.5)

    def listen(self, over: threading.Event) -> None:
        """Asks again and again until the run is over."""
        while not over.is_set():
            answer = self._ask({"after": self._cursor, "wait": WAIT_S, "limit": self.limit})
            if answer is not None:
                self.seen += answer
            if self._asked % RESTS_EVERY == 0:
                pause(0.3)

    def _ask(self, asked: dict[str, Any]) -> list[Heard] | None:
        """Returns the changes, and moves the cursor behind them; None for a question without an answer."""
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


def readers_of(
    urls: Sequence[str],
    tokens: Tokens,
    names: Iterable[str] = READERS,
    limits: Sequence[int] = (5, 50),
) -> list[Reader]:
    """Makes readers that begin now, several of each system with pages of different lengths."""
    readers = [Reader(name, urls, tokens, limit) for name in names for limit in limits]
    for reader in readers:
        reader.begin_at_now()
    return readers
