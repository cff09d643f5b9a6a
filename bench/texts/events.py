"""The load: events of reports that speak to their reporters, in the outbox of `reports`, at a fixed pace."""

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from chassis.core import contracts
from chassis.core.cloudevents import Event
from chassis.core.ids import new_id
from chassis.core.times import rfc3339
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.events import outbox
from chassis.events.contacts import Contact, contacts_of
from devstack.system import System
from reports.settings import Settings

TICK_S = 0.05
TYPE, TOPIC = "sa.gov.qatif.reports.report.filed.v1", "reports.report"


class Writer:
    """Tells of reports that nobody filed. Each has a mobile of its own, by which its text is found again."""

    def __init__(self, system: System) -> None:
        self._database = Database(system.description()["databases"]["reports"])
        use_keys(self._database, Settings.load("reports", system.environment("reports")))
        self._example = contracts.event_example(TYPE, "minimal")
        self._numbers: Iterator[int] = itertools.count(1)

    def write(self, rate: float, seconds: float) -> dict[str, float]:
        """`rate` events a second, on time however slow the last transaction was. Answers mobile → when its event
        happened."""
        began, told = time.time(), dict[str, float]()
        while (passed := time.time() - began) < seconds:
            told |= self.tell(int(rate * min(passed + TICK_S, seconds)) - len(told))
            time.sleep(max(0.0, TICK_S - (time.time() - began - passed)))
        return told

    def tell(self, count: int) -> dict[str, float]:
        """Writes `count` events in one transaction."""
        told: dict[str, float] = {}
        with self._database.transaction() as session:
            contacts = contacts_of(session)
            for _ in range(count):
                mobile = f"+96655{next(self._numbers):07d}"
                report_id, now = new_id(), datetime.now(UTC)
                contact = Contact(role="reporter", mobile=mobile, confirmed=True)
                data = {
                    **self._example,
                    "report_id": report_id,
                    "filed_at": rfc3339(now),
                    "contacts": contacts.seal(report_id, [contact]),
                }
                event = Event(
                    type=TYPE,
                    topic=TOPIC,
                    aggregate_type="report",
                    aggregate_id=report_id,
                    version=1,
                    data=data,
                    time=now,
                )
                outbox.publish(session, event)
                told[mobile.removeprefix("+")] = now.timestamp()
        return told
