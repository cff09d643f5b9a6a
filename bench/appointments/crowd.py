"""A process of the crowd: clients that book slots through the service's own commands, each client with connections and
browsers of its own. Prints a line for each attempt once its transaction is committed, so a killed process has printed
no booking that isn't in the database."""

import json
import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from appointments.app import SERVICE
from appointments.commands import booking
from appointments.commands.booking import HoldKey
from appointments.domain.actors import VISITOR
from appointments.domain.appointments import SlotTaken
from appointments.domain.persons import parse_person
from appointments.settings import Settings
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.data.unit_of_work import UnitOfWork

MARK = "(بيانات تجريبية)"


class Crowd:
    """The clients of one process. `first`: the number of its first client."""

    def __init__(self, department_id: str, slots: Sequence[datetime], first: int) -> None:
        self._department_id, self._slots, self._first = department_id, slots, first
        settings: Settings = Settings.load(SERVICE.name)
        self._limits = settings.booking_limits
        self._database = Database(settings.database_url, pool_size=16)
        use_keys(self._database, settings)

    def run(self, clients: int) -> None:
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(self._take_slots, range(self._first, self._first + clients)))

    def _take_slots(self, client: int) -> None:
        """Asks for every slot once, in an order of the client's own."""
        slots = list(self._slots)
        random.Random(client).shuffle(slots)
        for turn, starts_at in enumerate(slots):
            began = time.monotonic()
            number = self._book(client * 1_000 + turn, starts_at)
            took = (time.monotonic() - began) * 1_000
            # Line and end in one write: the clients' threads share the output.
            line = json.dumps({"booked": number, "ms": round(took, 2)})
            print(f"{line}\n", end="", flush=True)

    def _book(self, person: int, starts_at: datetime) -> str | None:
        """Holds and books; returns the number, or None for a slot that is taken."""
        device = f"device-of-person-{person}"
        try:
            with self._database.transaction() as session:
                work = UnitOfWork(session, VISITOR, datetime.now(UTC))
                seat = booking.hold_slot(
                    work, self._department_id, "inquiry", starts_at, device_key=device
                )
                key = HoldKey(seat.seat_id, device)
        except SlotTaken:
            return None
        with self._database.transaction() as session:
            work = UnitOfWork(session, VISITOR, datetime.now(UTC))
            who = {"name": f"علي آل تجربة {MARK}", "mobile": f"0500{person:06}"}
            row, _ = booking.book(work, key, parse_person(who), limits=self._limits)
            return row.appointment_number


def main() -> None:
    """`python -m bench.appointments.crowd DEPARTMENT FIRST CLIENTS SLOT…`"""
    department_id, first, clients, *slots = sys.argv[1:]
    Crowd(department_id, [datetime.fromisoformat(one) for one in slots], int(first)).run(
        int(clients)
    )


if __name__ == "__main__":
    main()
