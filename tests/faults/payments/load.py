"""Invoices that come by Kafka, some of which are withdrawn, and payers who pay, some of them twice."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import requests
from sqlalchemy import text
from tests.faults.history import History
from tests.faults.load import Load, Piece, spread
from tests.faults.nemesis import pause
from tests.faults.trial import Plan
from tests.faults.world import World

from chassis.core.cloudevents import Event
from chassis.core.ids import new_id
from chassis.data.sealing import Keyring, Sealer
from chassis.events.contacts import Contact, Contacts
from chassis.events.kafka import Producer, Record
from chassis.events.outbox import envelope
from saudi.days import RIYADH

TOPIC = "licences.invoice"
PAYER = {"name": "بيانات تجريبية", "id_type": "national_id", "id_number": "1000000008"}
WITHDRAWN, TWICE = 0.08, 0.10
LOOK_S = 0.3


def invoice_id_of(run: int, number: int) -> str:
    """Returns an id that no other invoice of any run has."""
    return f"{run:08x}-0000-7000-8000-{number:012d}"


def amount_of(run: int, number: int) -> int:
    """Returns halalas, never whole riyals, and another amount for each invoice of a run."""
    return 10_000 + number * 7 * 100 + (run + number) % 99 + 1


class InvoiceLoad(Load):
    """Publishes the invoices of a run, withdraws some, and pays every bill that the bill system has."""

    clients = 1  # the owner of the invoices, who publishes them in order

    def __init__(self, world: World, plan: Plan, run: int, history: History) -> None:
        super().__init__(history)
        self.run, self.values = run, {"run": f"{run:08x}"}
        self.bills = text("SELECT bill_id FROM bill WHERE left(invoice_id::text, 8) = :run")
        self.published = 0
        self.withdrawn: set[int] = set()
        self._world, self._plan = world, plan
        environment = world.environment("payments")
        self._payers = Sealer(Keyring.parse(environment["PAYMENTS_PAYER_KEY"]))
        self._contacts = Contacts(Keyring.parse(environment["PAYMENTS_CONTACT_KEY"]))
        self._producer = Producer(world.kafka.bootstrap, client_id="faults")

    def pieces(self) -> Iterator[Piece]:
        """Yields the invoices over nine tenths of the time, and withdrawals behind some later invoice."""
        happens: list[tuple[int, int]] = []
        for number in range(1, self._plan["invoices"] + 1):
            happens.append((number, number))
            if self._chance(number, "withdrawn") < WITHDRAWN:
                happens.append((number + 1 + int(self._chance(number, "when") * 20), -number))
        happens.sort(key=lambda one: one[0])
        todo = [(str(abs(one)), partial(self._publish, abs(one), one > 0)) for _, one in happens]
        yield from spread(todo, self._plan.seconds * 0.9, self.stop)

    def attendants(self) -> list[Callable[[], None]]:
        return [self._pay_all]

    def close(self) -> None:
        super().close()
        self._producer.close()

    def _chance(self, number: int, word: str) -> float:
        return random.Random(f"{self._plan.seed}/{self.run}/{number}/{word}").random()

    def _publish(self, number: int, is_new: bool) -> None:
        """Publishes until the broker acknowledges; a record may stand there twice, as from a relay that was killed."""
        happened, version = ("requested", 1) if is_new else ("withdrawn", 2)
        if not is_new:
            self.withdrawn.add(number)
        key, value = invoice_id_of(self.run, number), self._envelope(number, happened, version)
        record = Record(topic=TOPIC, key=key, value=value)
        self.keep_trying(key, happened, lambda: self._producer.publish([record])[0] is None)
        self.published += is_new

    def _envelope(self, number: int, happened: str, version: int) -> bytes:
        key, amount = invoice_id_of(self.run, number), amount_of(self.run, number)
        due = datetime.now(RIYADH).date() + timedelta(days=30)
        because = {"ar": "بيانات تجريبية", "en": "sample"}
        line = {"code": "fee", "ar": "رسم", "en": "Fee", "amount_halalas": amount}
        contact = Contact(role="owner", mobile="+966500000001", confirmed=True)
        data: dict[str, Any] = {
            "invoice_id": key,
            "service": "licences",
            "subject": {"type": "licence_application", "id": key, "number": str(number)},
            "municipality": "saihat",
            "status": happened,
            "amount_halalas": amount,
            "currency": "SAR",
            "lines": [{**line, "because": because}],
            "due_on": due.isoformat(),
            "payer": self._payers.seal_text(json.dumps(PAYER), f"payer/{key}"),
            "contacts": self._contacts.seal(key, [contact]),
            "reason": None if happened == "requested" else "application-withdrawn",
        }
        event = Event(
            type=f"sa.gov.qatif.licences.invoice.{happened}.v1", topic=TOPIC, aggregate_type="invoice",
            aggregate_id=key, version=version, data=data, time=datetime.now(UTC),
        )  # fmt: skip
        return envelope(event, new_id(), None)

    def _pay_all(self) -> None:
        """Looks for open bills and pays each, some a second time though they are paid."""
        while not self.over.is_set():
            try:
                ledger = self._world.ledger()
            except requests.RequestException:
                pause(0.5)
                continue
            paid = Counter(one["bill_number"] for one in ledger["payments"])
            for bill in ledger["bills"]:
                number = bill["bill_number"]
                if bill["status"] == "open":
                    self._pay(number, force=False)
                elif paid[number] == 1 and self._chance(int(number), "twice") < TWICE:
                    self._pay(number, force=True)
            pause(LOOK_S)

    def _pay(self, bill_number: str, *, force: bool) -> None:
        """Pays a bill. The ledger shows whether the call was carried out."""
        body = {"bill_number": bill_number, "force": force}
        try:
            requests.post(f"{self._world.provider[1]}/pay", json=body, timeout=10)
        except requests.RequestException:
            pause(0.2)
