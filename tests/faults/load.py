"""Clients that do what a municipality and a partner do, at a pace, on permits that they share and fight over."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from permits.sample import SampleTown
from saudi.days import legal_day

from .desk import Answer, Desk
from .money import Money

Body = dict[str, Any]
TRIES = 8
PAID_S = 90.0  # a bill that's paid and doesn't show it for so long is left alone; broker and owner may both be down
KEPT = 60  # permits that clients still act on; older ones rest
BURST = 4
STAGES = ("walls", "roof", "windows")
KINDS = ["new"] * 6 + ["fence"]
# Who does these doesn't approve, issue or complete.
OF_THE_REVIEWER = frozenset(("pass-technical-review", "request-payment", "inspect"))
STEPS = (
    "send-to-office", "send-to-technical-review", "pass-technical-review", "approve",
    "request-payment", "issue",
)  # fmt: skip


class Pace:
    """Lets calls through at a rate; what an outage held back is made up for, up to some seconds."""

    def __init__(self, per_second: float, stop: threading.Event) -> None:
        self._stop = stop
        self._gap = 1.0 / per_second
        self._next = time.monotonic()
        self._lock = threading.Lock()

    def wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next + self._gap, now - 5.0)
            pause = self._next - now
        self._stop.wait(max(0.0, pause))


@dataclass
class Known:
    """What clients believe of a permit; others may know better."""

    permit_id: str
    status: str = "valid"
    insulation: str = ""
    stages: int = 0
    issued: bool = False
    completion: str = ""


@dataclass
class Town:
    """Where clients call, and the permits that they share. `permits`: one URL for each web process."""

    desk: Desk
    permits: Sequence[str]
    gateway: str
    pace: Pace
    people: SampleTown
    money: Money
    stop: threading.Event
    known: list[Known] = field(default_factory=list)
    resting: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def application(self, kind: str, number: str) -> Body:
        with self._lock:
            made = self.people.application(kind)
        return {**made, "request_number": number, "transaction_number": None}

    def add(self, known: Known) -> None:
        with self._lock:
            self.known.append(known)
            del self.known[:-KEPT]

    def any_of(self, chance: random.Random) -> Known | None:
        """A permit that isn't resting. Whether a poisoned permit rests is up to its injection."""
        with self._lock:
            return chance.choice(self.known) if self.known else None


class Client:
    """One thread of load. Its actions follow from its seed, their outcomes don't."""

    def __init__(self, name: str, seed: int, town: Town) -> None:
        self.name = name
        self._chance = random.Random(seed)
        self._town = town
        self._at = seed  # which web process it talks to, until that one refuses

    def run(self) -> None:
        """Works until the town's `stop` is set."""
        while not self._town.stop.is_set():
            known = self._town.any_of(self._chance)
            dice = self._chance.random()
            if dice < 0.12:
                self.ask()
            elif known is None or dice < 0.22:
                self.found()
            else:
                self._act(known)

    def found(self) -> None:
        """A request's whole life, up to its permit. A step that isn't known to be done is tried again."""
        kind = self._chance.choice(KINDS)
        made = self._until_done(partial(self._submit, kind))
        if made is None:
            return
        request_id = str(made["request_id"])
        for step in STEPS:
            made = self._until_done(partial(self._step, request_id, step))
            if made is None or (step == "request-payment" and not self._pay(request_id)):
                return
        permit_id = made.get("permit_id") or self._permit_of(request_id)
        if permit_id:
            self._town.add(Known(str(permit_id)))

    def _until_done(self, send: Callable[[str], Answer]) -> Body | None:
        """The answer; {} when a call before it turns out to have been done; None when it can't be done."""
        for number in range(TRIES):
            answer = send(self._town.desk.marker())
            if answer.ok:
                return dict(answer.body)
            if answer.status == 409:
                return {} if number else None
            if self._town.stop.wait(0.25 * (number + 1)):
                return None
        return None

    def _submit(self, kind: str, marker: str) -> Answer:
        body = self._town.application(kind, marker)
        return self._write("submit_permit_request", "/v1/permit-requests", body, marker)

    def _step(self, request_id: str, step: str, marker: str) -> Answer:
        body: Body = {"note": marker}
        path = f"/v1/permit-requests/{request_id}/{step}"
        return self._write(step, path, body, marker, request_id)

    def _pay(self, request_id: str) -> bool:
        """Pays the bill, and waits until the request shows it."""
        until, told = time.monotonic() + PAID_S, ""
        while time.monotonic() < until and not self._town.stop.is_set():
            found = self._town.desk.look(f"{self._base()}/v1/permit-requests/{request_id}")
            if found and found["status"] != "awaiting_payment":
                return bool(found["status"] == "paid")
            bill = found["invoice"]["invoice_id"] if found else told
            if bill != told and self._town.money.settle(bill):
                told = bill
            self._town.stop.wait(0.25)
        return False

    def _permit_of(self, request_id: str) -> str | None:
        found = self._town.desk.look(f"{self._base()}/v1/permit-requests/{request_id}")
        return found.get("permit_id") if found else None

    def _base(self) -> str:
        return self._town.permits[self._at % len(self._town.permits)]

    def _write(self, operation: str, path: str, body: Body, marker: str, about: str = "") -> Answer:
        self._town.pace.wait()
        who = "qatif.reviewer" if operation in OF_THE_REVIEWER else "qatif.officer"
        answer = self._town.desk.call(
            self.name, operation, self._base() + path, body, marker=marker, about=about, who=who
        )
        if answer.status in (0, 503):  # as a balancer would
            self._at += 1
        return answer

    # ---------------------------------------------------------------------------------------- permits in force

    def _act(self, known: Known) -> None:
        dice = self._chance.random()
        if known.status == "suspended":
            self._permit(known, "reinstate", {})
        elif dice < 0.3:
            self._amend(known, BURST if self._chance.random() < 0.3 else 1)
        elif dice < 0.38:
            self._permit(known, "suspend", {"body": "الدفاع المدني"})
        elif dice < 0.4:
            self._permit(known, "cancel", {})
        else:
            self._certify(known)

    def _amend(self, known: Known, times: int) -> None:
        """Several at once give one permit several events within a moment: what order is made for."""
        plots = [[str(self._chance.randrange(1, 1_000_000))] for _ in range(times)]
        with ThreadPoolExecutor(times) as pool:
            for one in plots:
                pool.submit(self._permit, known, "amend", {"land": {"plots": one}})

    def _permit(self, known: Known, verb: str, more: Body) -> None:
        marker = self._town.desk.marker()
        path = f"/v1/permits/{known.permit_id}/{verb}"
        body = {"reason": marker, **more}
        answer = self._write(f"{verb}_permit", path, body, marker, known.permit_id)
        if answer.ok:
            known.status = answer.body["effective_status"]

    def _certify(self, known: Known) -> None:
        if known.completion:
            self._revoke(known, "completion")
        elif known.issued:
            dice = self._chance.random()
            if dice < 0.5:
                self._duel(known)
            elif dice < 0.85:
                self._complete(known)
            else:
                self._revoke(known, "insulation")
        elif known.insulation:
            for _ in range(len(STAGES) + 1):
                if known.insulation and not known.issued:
                    self._next_stage(known)
        elif self._chance.random() < 0.2:
            self._complete(known)  # without insulation: the gate has to refuse
        else:
            self._open(known)

    def _open(self, known: Known) -> None:
        marker = self._town.desk.marker()
        path = f"/v1/permits/{known.permit_id}/insulation-certificates"
        answer = self._write("open_insulation", path, {"note": marker}, marker, known.permit_id)
        if answer.ok:
            known.insulation, known.stages = answer.body["certificate_id"], 0
        elif answer.status == 409 or answer.kind == "unknown":
            self._recover(known)

    def _recover(self, known: Known) -> None:
        """Looks what there is: an open certificate of an unknown call, or another client's."""
        url = f"{self._base()}/v1/permits/{known.permit_id}/certificates"
        for item in (self._town.desk.look(url) or {}).get("items", ()):
            if item["kind"] == "insulation" and item["status"] in ("pending", "issued"):
                known.insulation, known.issued = item["certificate_id"], item["status"] == "issued"
                known.stages = 0
            if item["kind"] == "completion" and item["status"] == "issued":
                known.completion = item["certificate_id"]

    def _next_stage(self, known: Known) -> None:
        certificate_id, marker = known.insulation, self._town.desk.marker()
        path = f"/v1/insulation-certificates/{certificate_id}"
        if known.stages < len(STAGES):
            body = {
                "stage": STAGES[known.stages], "result": "pass", "inspector": marker,
                "inspected_on": str(legal_day(datetime.now(UTC))),
            }  # fmt: skip
            if self._write("inspect", path + "/record-inspection", body, marker, certificate_id).ok:
                known.stages += 1
            elif self._chance.random() < 0.3:
                known.insulation = ""
            return
        answer = self._write(
            "issue_insulation", path + "/issue", {"note": marker}, marker, certificate_id
        )
        known.issued = known.issued or answer.ok
        if answer.status == 409:
            known.insulation = ""

    def _complete(self, known: Known) -> None:
        marker = self._town.desk.marker()
        path = f"/v1/permits/{known.permit_id}/completion-certificates"
        body = {
            "inspected_on": str(legal_day(datetime.now(UTC))),
            "inspector": marker,
            "note": marker,
        }
        answer = self._write("issue_completion", path, body, marker, known.permit_id)
        if answer.ok:
            known.completion = answer.body["certificate_id"]
        elif answer.status == 409:
            known.issued = known.issued and self._chance.random() < 0.7

    def _revoke(self, known: Known, kind: str) -> None:
        certificate_id = known.completion if kind == "completion" else known.insulation
        marker = self._town.desk.marker()
        path = f"/v1/{kind}-certificates/{certificate_id}/revoke"
        self._write(f"revoke_{kind}", path, {"reason": marker}, marker, certificate_id)
        if kind == "completion":
            known.completion = ""
        else:
            known.insulation, known.issued = "", False

    def _duel(self, known: Known) -> None:
        """A completion and the revocation of its insulation certificate at the same moment: the gate's hardest case."""
        with ThreadPoolExecutor(2) as pool:
            for done in (
                pool.submit(self._complete, known),
                pool.submit(self._revoke, known, "insulation"),
            ):
                done.result()

    # ------------------------------------------------------------------------------------------------ queries

    def ask(self) -> None:
        """A partner's query that can be found in the record: a search, a number, a permit, or a denied query."""
        marker, dice = self._town.desk.marker(), self._chance.random()
        url, body, who = f"{self._town.gateway}/v1/building-permits", None, "sec.dispatcher"
        operation = "find"
        if dice < 0.5:
            operation, url = "search", f"{self._town.gateway}/v1/building-permit-searches"
            body = {
                "civil_id": "1000000008", "purpose": "meter-connection",
                "case_reference": marker, "limit": 5,
            }  # fmt: skip
        elif dice < 0.8:
            url += f"?permit_number={marker}&limit=5"
        else:
            operation, url = "get", f"{url}/00000000-0000-4000-8000-{marker}"
        self._town.pace.wait()
        self._town.desk.call(
            self.name, operation, url, body, marker=marker, who=who, audience="partner-gateway"
        )


def run_load(town: Town, *, clients: int, seed: int) -> list[threading.Thread]:
    """Starts the clients; they end when the town's `stop` is set."""
    threads = [
        threading.Thread(
            target=Client(f"c{n}", seed * 1_000 + n, town).run, daemon=True, name=f"client-{n}"
        )
        for n in range(clients)
    ]
    for thread in threads:
        thread.start()
    return threads
