"""Invoices that come by Kafka, some of which are withdrawn, and payers who pay, some of them twice."""

import json
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from tests.faults.history import History
from tests.faults.nemesis import pause

from chassis.core.cloudevents import Event
from chassis.core.ids import new_id
from chassis.data.sealing import Keyring, Sealer
from chassis.events.contacts import Contact, Contacts
from chassis.events.kafka import Producer, Record, connect
from chassis.events.outbox import envelope
from saudi.days import RIYADH

from .world import TOPIC, BillWorld

PAYER = {"name": "بيانات تجريبية", "id_type": "national_id", "id_number": "1000000008"}
WITHDRAWN, TWICE = 0.08, 0.10
LOOK_S = 0.3


def invoice_id_of(run: int, number: int) -> str:
    """An id of its own for each invoice of each run."""
    return f"{run:08x}-0000-7000-8000-{number:012d}"


def amount_of(run: int, number: int) -> int:
    """Halalas, never whole riyals, and another amount for each invoice of a run."""
    return 10_000 + number * 7 * 100 + (run + number) % 99 + 1


class Load:
    """Publishes `count` invoices over `seconds`, withdraws some, and pays every bill that the bill system has."""

    def __init__(
        self, world: BillWorld, history: History, run: int, *, count: int, seconds: float, seed: int
    ) -> None:
        self._world, self._history, self._run, self._count = world, history, run, count
        self._seed, self._pace = seed, seconds / count
        environment = world.environment("payments")
        self._payers = Sealer(Keyring.parse(environment["PAYMENTS_PAYER_KEY"]))
        self._contacts = Contacts(Keyring.parse(environment["PAYMENTS_CONTACT_KEY"]))
        self.stop = threading.Event()
        self.published = 0
        self.withdrawn: set[int] = set()
        self._given_up: set[str] = set()

    def begin(self) -> list[threading.Thread]:
        """The owner of the invoices and the payers, at work."""
        threads = [threading.Thread(target=one) for one in (self._owner, self._payer)]
        for thread in threads:
            thread.start()
        return threads

    def _chance(self, number: int, word: str) -> float:
        return random.Random(f"{self._seed}/{self._run}/{number}/{word}").random()

    def _owner(self) -> None:
        producer = connect(
            lambda: Producer(self._world.kafka.bootstrap, client_id="faults"), self.stop
        )
        assert producer is not None
        waiting: list[tuple[int, int]] = []
        try:
            for number in range(1, self._count + 1):
                self._publish(producer, number, "requested", 1)
                self.published = number
                if self._chance(number, "withdrawn") < WITHDRAWN:
                    waiting.append((number + 1 + int(self._chance(number, "when") * 20), number))
                for due, one in [each for each in waiting if each[0] <= number]:
                    waiting.remove((due, one))
                    self._withdraw(producer, one)
                pause(self._pace)
            for _, one in waiting:
                self._withdraw(producer, one)
        finally:
            producer.close()

    def _withdraw(self, producer: Producer, number: int) -> None:
        self.withdrawn.add(number)
        self._publish(producer, number, "withdrawn", 2)

    def _publish(self, producer: Producer, number: int, happened: str, version: int) -> None:
        """Until it's acknowledged; it may stand there twice, as from a relay that was killed."""
        record = Record(
            topic=TOPIC,
            key=invoice_id_of(self._run, number),
            value=self._envelope(number, happened, version),
        )
        while not self.stop.is_set() and producer.publish([record])[0]:
            pause(0.2)
        self._history.note("owner", "ok", happened, about=invoice_id_of(self._run, number))

    def _envelope(self, number: int, happened: str, version: int) -> bytes:
        key, amount = invoice_id_of(self._run, number), amount_of(self._run, number)
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

    def _payer(self) -> None:
        """Looks for open bills and pays each; some a second time, though they're paid."""
        while not self.stop.is_set():
            try:
                ledger = self._world.ledger()
            except requests.RequestException:
                pause(0.5)
                continue
            paid = [one["bill_number"] for one in ledger["payments"]]
            for bill in ledger["bills"]:
                number = bill["bill_number"]
                if bill["status"] == "open":
                    self._pay(number, force=False)
                elif paid.count(number) == 1 and self._twice(number):
                    self._pay(number, force=True)
            pause(LOOK_S)

    def _twice(self, bill_number: str) -> bool:
        return self._chance(int(bill_number), "twice") < TWICE

    def _pay(self, bill_number: str, *, force: bool) -> None:
        """Whether it was paid shows in the ledger; a call that breaks is looked after there."""
        body = {"bill_number": bill_number, "force": force}
        try:
            requests.post(f"{self._world.provider}/pay", json=body, timeout=10)
        except requests.RequestException:
            pause(0.2)
