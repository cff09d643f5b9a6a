"""Clients that do what a municipality and a partner do, at a pace, on permits that they share and fight over."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tests.faults.desk import Answer, Desk, Tokens
from tests.faults.history import History
from tests.faults.load import Load, Piece
from tests.faults.money import Money
from tests.faults.trial import Plan
from tests.faults.world import World

from permits.sample import SampleTown
from saudi.days import legal_day

from .evidence import mark

Body = dict[str, Any]
TRIES = 8
FLOW_S = 30.0
PAID_S = 90.0  # for a paid bill to show the payment; broker and owner may both be down
KEPT = 60  # permits that clients still act on; older ones rest
BURST = 4
STAGES = ("walls", "roof", "windows")
KINDS = ["new"] * 6 + ["fence"]
# A person who does these doesn't approve, issue or complete.
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
    lifting: threading.Lock = field(default_factory=threading.Lock)


class PermitLoad(Load):
    """Clients that act on permits that they share, at a pace, for the time of a run and until enough was written."""

    def __init__(self, world: World, plan: Plan, run: int, history: History) -> None:
        super().__init__(history)
        self.clients = plan["clients"]
        self.values = mark(world)
        self.desk = Desk(history, Tokens(world.description), run)
        self.permits = world.urls_of("permits")  # one for each web process
        self.gateway = world.urls_of("partner-gateway")[0]
        self.pace = Pace(plan["rate"], self.stop)
        self.money = Money(world.kafka.bootstrap)
        self._world, self._plan = world, plan
        self._people = SampleTown(plan.seed * 1_000 + run)
        self._known: list[Known] = []
        self._lock = threading.Lock()

    def pieces(self) -> Iterator[Piece]:
        for number in range(self.clients):
            seed = self._plan.seed * 1_000 + number
            yield f"c{number}", Client(f"c{number}", seed, self).run

    def begin(self) -> None:
        """Returns when a first event has come all the way: faults are to meet a system at work."""
        super().begin()
        deadline = time.monotonic() + FLOW_S
        while time.monotonic() < deadline and mark(self._world)["effect"] <= self.values["effect"]:
            time.sleep(0.2)
        self._began = time.monotonic()

    def is_done(self) -> bool:
        spent = time.monotonic() - self._began
        return spent >= self._plan.seconds and self.desk.writes >= self._plan["writes"]

    def close(self) -> None:
        super().close()
        self.money.close()

    def shortfall(self) -> str:
        if malformed := +self.desk.malformed:
            return f"invalid requests were sent: {dict(malformed)}"
        writes, queries = self.desk.writes, self.desk.queries
        is_enough = writes and queries and writes >= self._plan["writes"]
        wanted = self._plan["writes"] or "some"
        return "" if is_enough else f"{wanted} writes and some queries are wanted"

    def application(self, kind: str, number: str) -> Body:
        with self._lock:
            made = self._people.application(kind)
        return {**made, "request_number": number, "transaction_number": None}

    def add(self, known: Known) -> None:
        with self._lock:
            self._known.append(known)
            del self._known[:-KEPT]

    def any_permit(self, chance: random.Random) -> Known | None:
        with self._lock:
            return chance.choice(self._known) if self._known else None

    def live_permit(self, chance: random.Random) -> str | None:
        """Returns the id of a permit that clients act on."""
        known = self.any_permit(chance)
        return known.permit_id if known else None


class Client:
    """One thread of load. Its actions follow from its seed, their outcomes don't."""

    def __init__(self, name: str, seed: int, load: PermitLoad) -> None:
        self.name = name
        self._chance = random.Random(seed)
        self._load = load
        self._at = seed  # the web process that is called, until it refuses

    def run(self) -> None:
        """Works until the load's `stop` is set."""
        while not self._load.stop.is_set():
            known = self._load.any_permit(self._chance)
            dice = self._chance.random()
            if dice < 0.12:
                self.ask()
            elif known is None or dice < 0.22:
                self.take_request_to_permit()
            else:
                self._act(known)

    def take_request_to_permit(self) -> None:
        """Takes a request through its whole life, up to its permit. A step with an unknown outcome is tried again."""
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
            self._load.add(Known(str(permit_id)))

    def _until_done(self, send: Callable[[str], Answer]) -> Body | None:
        """Returns the answer, {} when an earlier call was carried out after all, None when the call can't be."""
        for number in range(TRIES):
            answer = send(self._load.desk.marker())
            if answer.ok:
                return dict(answer.body)
            if answer.status == 409:
                return {} if number else None
            if self._load.stop.wait(0.25 * (number + 1)):
                return None
        return None

    def _submit(self, kind: str, marker: str) -> Answer:
        body = self._load.application(kind, marker)
        return self._write("submit_permit_request", "/v1/permit-requests", body, marker)

    def _step(self, request_id: str, step: str, marker: str) -> Answer:
        body: Body = {"note": marker}
        path = f"/v1/permit-requests/{request_id}/{step}"
        return self._write(step, path, body, marker, request_id)

    def _pay(self, request_id: str) -> bool:
        """Pays the bill, and waits until the request shows it."""
        until, told = time.monotonic() + PAID_S, ""
        while time.monotonic() < until and not self._load.stop.is_set():
            found = self._load.desk.look(f"{self._base()}/v1/permit-requests/{request_id}")
            if found and found["status"] != "awaiting_payment":
                return bool(found["status"] == "paid")
            bill = found["invoice"]["invoice_id"] if found else told
            if bill != told and self._load.money.settle(bill):
                told = bill
            self._load.stop.wait(0.25)
        return False

    def _permit_of(self, request_id: str) -> str | None:
        found = self._load.desk.look(f"{self._base()}/v1/permit-requests/{request_id}")
        return found.get("permit_id") if found else None

    def _base(self) -> str:
        return self._load.permits[self._at % len(self._load.permits)]

    def _write(self, operation: str, path: str, body: Body, marker: str, about: str = "") -> Answer:
        self._load.pace.wait()
        who = "qatif.reviewer" if operation in OF_THE_REVIEWER else "qatif.officer"
        answer = self._load.desk.call(
            self.name, operation, self._base() + path, body, marker=marker, about=about, who=who
        )
        if answer.status in (0, 503):  # as a balancer would
            self._at += 1
        return answer

    # ---------------------------------------------------------------------------------------- permits in force

    def _act(self, known: Known) -> None:
        dice = self._chance.random()
        if known.status == "suspended":
            self._reinstate(known)
        elif dice < 0.3:
            self._amend(known, BURST if self._chance.random() < 0.3 else 1)
        elif dice < 0.38:
            self._permit(known, "suspend", {"body": "الدفاع المدني"})
        elif dice < 0.4:
            self._permit(known, "cancel", {})
        else:
            self._certify(known)

    def _amend(self, known: Known, times: int) -> None:
        """Amends several times at once: then one permit has several events within a moment, which order is made for."""
        plots = [[str(self._chance.randrange(1, 1_000_000))] for _ in range(times)]
        with ThreadPoolExecutor(times) as pool:
            for one in plots:
                pool.submit(self._permit, known, "amend", {"land": {"plots": one}})

    def _reinstate(self, known: Known) -> None:
        """Lifts the oldest suspension by its id. Where clients suspended the permit at once, several stand."""
        with known.lifting:
            found = self._load.desk.look(f"{self._base()}/v1/permits/{known.permit_id}")
            if found is None:
                return
            known.status = found["effective_status"]
            if found["suspensions"]:
                which = {"suspension_id": found["suspensions"][0]["suspension_id"]}
                self._permit(known, "reinstate", which)

    def _permit(self, known: Known, verb: str, more: Body) -> None:
        marker = self._load.desk.marker_word()
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
        marker = self._load.desk.marker()
        path = f"/v1/permits/{known.permit_id}/insulation-certificates"
        answer = self._write("open_insulation", path, {"note": marker}, marker, known.permit_id)
        if answer.ok:
            known.insulation, known.stages = answer.body["certificate_id"], 0
        elif answer.status == 409 or answer.kind == "unknown":
            self._recover(known)

    def _recover(self, known: Known) -> None:
        """Looks what there is: an open certificate of an unknown call, or another client's."""
        url = f"{self._base()}/v1/permits/{known.permit_id}/certificates"
        for item in (self._load.desk.look(url) or {}).get("items", ()):
            if item["kind"] == "insulation" and item["status"] in ("pending", "issued"):
                known.insulation, known.issued = item["certificate_id"], item["status"] == "issued"
                known.stages = 0
            if item["kind"] == "completion" and item["status"] == "issued":
                known.completion = item["certificate_id"]

    def _next_stage(self, known: Known) -> None:
        certificate_id, marker = known.insulation, self._load.desk.marker_word()
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
        marker = self._load.desk.marker_word()
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
        marker = self._load.desk.marker_word()
        path = f"/v1/{kind}-certificates/{certificate_id}/revoke"
        self._write(f"revoke_{kind}", path, {"reason": marker}, marker, certificate_id)
        if kind == "completion":
            known.completion = ""
        else:
            known.insulation, known.issued = "", False

    def _duel(self, known: Known) -> None:
        """Completes, and revokes the insulation certificate at the same moment: the gate's hardest case."""
        with ThreadPoolExecutor(2) as pool:
            for done in (
                pool.submit(self._complete, known),
                pool.submit(self._revoke, known, "insulation"),
            ):
                done.result()

    # ------------------------------------------------------------------------------------------------ queries

    def ask(self) -> None:
        """Asks what can be found in the record of queries: a search, a number, a permit, or a denied query."""
        marker, dice = self._load.desk.marker(), self._chance.random()
        url, body, who = f"{self._load.gateway}/v1/building-permits", None, "sec.dispatcher"
        operation = "find"
        if dice < 0.5:
            operation, url = "search", f"{self._load.gateway}/v1/building-permit-searches"
            body = {
                "civil_id": "1000000008", "purpose": "meter-connection",
                "case_reference": marker, "limit": 5,
            }  # fmt: skip
        elif dice < 0.8:
            url += f"?permit_number={marker}&limit=5"
        else:
            operation, url = "get", f"{url}/00000000-0000-4000-8000-{marker}"
        self._load.pace.wait()
        self._load.desk.call(
            self.name, operation, url, body, marker=marker, who=who, audience="partner-gateway"
        )
