"""Two of each process of the gateway, writers, readers, and an address that takes what's told."""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from signal import SIGKILL
from typing import Any

from tests.faults.history import History
from tests.faults.nemesis import BACKENDS, MOMENT, Fault
from tests.faults.trial import Outcome, Plan
from tests.faults.world import Seat, World, pair

from devstack.machine import free_port

from .checker import PROMISES, Evidence
from .load import GATEWAY, FeedLoad


class Address:
    """A partner's program. It fails every tenth change that it hears first, and leaves every fifteenth unanswered.

    `taken`: what it answered 204, in order.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.taken: list[str] = []
        self._known: set[str] = set()
        self._lock = threading.Lock()
        address = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, body = address.answer(told)
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def answer(self, told: dict[str, Any]) -> tuple[int, bytes]:
        if told["type"] == "webhook.challenge":
            return 200, json.dumps({"challenge": told["challenge"]}).encode()
        with self._lock:
            is_new, count = told["id"] not in self._known, len(self._known)
            self._known.add(told["id"])
            if is_new and count % 10 == 9:
                return 503, b""
            if is_new and count % 15 == 14:
                return 0, b""
            self.taken.append(told["id"])
        return 204, b""

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class FeedWorld(World):
    name = "feed"
    seating = (
        Seat("identity", "serve"),
        Seat("identity", "work"),
        *pair(GATEWAY, "serve"),
        *pair(GATEWAY, "work"),
    )
    lanes = {
        "processes": {
            "sigkill-writer": MOMENT,
            "sigkill-partner-gateway-work": MOMENT,
            "sigkill-partner-gateway-worker": MOMENT,
            "sigterm-partner-gateway-work": MOMENT,
            "sigstop-partner-gateway-work": ((2.0, 4.0), (3.0, 12.0)),
        },
        "database": BACKENDS["database"],
    }
    promises = PROMISES
    options = {"changes": 2_000, "seconds": 40.0, "writers": 4}
    bug_options = {"changes": 400, "seconds": 10.0}
    patience_s, bug_patience_s, each_s = 120.0, 15.0, 0.1

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self.address = Address()
        self.settings = {
            GATEWAY: {
                "OUTGOING_PRIVATE_HOSTS": f"127.0.0.1:{self.address.port}",
                "EVENTS_PER_MINUTE": "1000000",
            }
        }

    def stop(self, *, keep_logs: bool = False) -> None:
        self.address.close()
        super().stop(keep_logs=keep_logs)

    def load(self, plan: Plan, run: int, history: History) -> FeedLoad:
        return FeedLoad(self, plan, run, history, self.address.url)

    def evidence(self, load: FeedLoad, drained_s: float | None) -> Evidence:
        seen = {
            f"{reader.who}/{reader.limit}": [one for one in [*reader.seen] if load.is_ours(one[1])]
            for reader in load.readers
        }
        return Evidence(
            history=load.history.entries, lost=load.lost, drained_s=drained_s, ledger=load.ledger(),
            seen=seen, taken=[*self.address.taken], delivered=load.delivered(),
        )  # fmt: skip

    def remains(self, load: FeedLoad) -> str:
        """Says who hasn't heard all that he may hear of."""
        evidence = self.evidence(load, None)
        late = [
            reader
            for reader, seen in evidence.seen.items()
            if len({event_id for event_id, _, _ in seen}) < len(evidence.audible(reader))
        ]
        due = {one.event_id for one in evidence.ledger if one.municipality == "saihat"}
        return ", ".join([*late, *(["the address"] if due - {*evidence.taken} else [])])

    def faults(self, load: FeedLoad) -> Mapping[str, Callable[[Fault], str]]:
        return {"sigkill-writer": lambda fault: self._kill_writer(load.writers, fault)}

    def _kill_writer(self, writers: list[str], fault: Fault) -> str:
        name = writers[fault.pick % len(writers)]
        process = self.supervisor.process(name)
        process.pause_s = 0.2
        process.child.send(SIGKILL)
        return name

    def headline(self, outcome: Outcome[FeedLoad, Evidence]) -> str:
        evidence = outcome.evidence
        heard = sum(len(seen) for seen in evidence.seen.values())
        return (
            f"{len(evidence.ledger)} changes committed by {outcome.plan['writers']} writers in"
            f" {outcome.seconds:.0f} s, {outcome.faults} faults; heard {heard} times by"
            f" {len(evidence.seen)} readers, told {len(evidence.taken)} times; {outcome.drained}"
        )


WORLD = FeedWorld
