"""A municipality's reader of the change feed: notes when it saw each application decided, and issued."""

import time
from threading import Event, Thread

import requests

from bench.licences.submitting import Municipality

DECIDED = ("issued", "refused", "waiting", "billed", "reviewed")


class Reader:
    """Reads from now on, in a thread of its own, until `stop`. `seen`: application → time of its first decision;
    `issued`: → when its licence was there."""

    def __init__(self, municipality: Municipality) -> None:
        self.seen: dict[str, float] = {}
        self.issued: dict[str, float] = {}
        self._municipality = municipality
        self._stop = Event()
        self._http = requests.Session()
        self._cursor = self._ask("now", 0)["next_cursor"]
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def wait_for(self, keys: set[str], seconds: float) -> set[str]:
        """Returns the applications that aren't decided in time."""
        return _missing(keys, self.seen, seconds)

    def wait_for_issue(self, keys: set[str], seconds: float) -> set[str]:
        return _missing(keys, self.issued, seconds)

    def _read(self) -> None:
        while not self._stop.is_set():
            page = self._ask(self._cursor, 1)
            now = time.monotonic()
            for event in page["items"]:
                *_, aggregate, happened, _ = event["type"].split(".")
                if aggregate == "application" and happened in DECIDED:
                    self.seen.setdefault(event["subject"], now)
                if aggregate == "application" and happened == "issued":
                    self.issued.setdefault(event["subject"], now)
            self._cursor = page["next_cursor"]

    def _ask(self, after: str, wait: int) -> dict[str, list[dict[str, str]]]:
        url = f"{self._municipality.url}/v1/events"
        headers = self._municipality.headers("GET", url)
        params = {"after": after, "wait": str(wait), "limit": "200"}
        answer = self._http.get(url, params=params, headers=headers, timeout=60)
        answer.raise_for_status()
        found: dict[str, list[dict[str, str]]] = answer.json()
        return found


def _missing(keys: set[str], seen: dict[str, float], seconds: float) -> set[str]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not keys <= seen.keys():
        time.sleep(0.1)
    return keys - seen.keys()
