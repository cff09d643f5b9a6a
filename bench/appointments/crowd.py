"""A process of the crowd: clients that book slots through the service's own commands, each with browsers of its own.
Prints a line for each request once its transaction is committed, so a killed process has printed no booking that isn't
in the database."""

import json
import random
import sys
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import NamedTuple

from appointments.app import SERVICE
from appointments.commands import booking
from appointments.commands.booking import HoldKey
from appointments.domain.actors import VISITOR
from appointments.domain.appointments import SlotTaken
from appointments.domain.persons import parse_person
from appointments.domain.schedule import WantedSlot
from appointments.settings import Settings
from chassis.data.db import Database
from chassis.data.sealed import Keys, use_keys
from chassis.data.unit_of_work import UnitOfWork

THREADS = 4  # sixteen in all, as many as the two processes of a service have
MARK = "(بيانات تجريبية)"


class Request(NamedTuple):
    """A client that waits for its answer since a moment: for a hold, or for the booking of what it holds."""

    began: float
    client: int
    held: HoldKey | None = None


class Crowd:
    """The clients of one process. `first`: the number of its first client."""

    def __init__(
        self, department_id: str, slots: Sequence[datetime], first: int, clients: int
    ) -> None:
        self._department_id = department_id
        settings: Settings = Settings.load(SERVICE.name)
        self._limits = settings.booking_limits
        self._database = Database(settings.database_url, pool_size=THREADS)
        use_keys(self._database, settings)
        self._index = Keys.of(settings).index
        orders = {
            client: random.Random(client).sample(slots, len(slots))
            for client in range(first, first + clients)
        }
        # Each client asks for every slot once, in an order of its own.
        self._next = {client: deque(order) for client, order in orders.items()}

    def run(self) -> None:
        """Answers until every client has asked for every slot. Requests are answered in the order in which they came,
        as at a web process; a client that was answered comes again."""
        waiting = deque(Request(time.monotonic(), client) for client in self._next)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda _: self._answer_all(waiting), range(THREADS)))

    def _answer_all(self, waiting: deque[Request]) -> None:
        while request := _take_first(waiting):
            number, held = None, None
            if request.held is None:
                held = self._hold(request.client)
            else:
                number = self._book(request.client, request.held)
            now = time.monotonic()
            answer = "booked" if number else "held" if held else "refused"
            took = round((now - request.began) * 1_000, 2)
            # Line and end in one write: the threads share the output.
            line = json.dumps({"answer": answer, "number": number, "ms": took})
            print(f"{line}\n", end="", flush=True)
            if held or self._next[request.client]:
                waiting.append(Request(now, request.client, held))

    def _hold(self, client: int) -> HoldKey | None:
        """Holds the client's next slot; returns None for a slot that is taken."""
        starts_at = self._next[client].popleft()
        device, now = f"device-{client}-{starts_at:%d%H%M}", datetime.now(UTC)
        wanted = WantedSlot(self._department_id, "inquiry", starts_at)
        try:
            with ExitStack() as opened:

                def open_work() -> UnitOfWork:
                    session = opened.enter_context(self._database.transaction())
                    return UnitOfWork(session, VISITOR, now)

                seat = booking.hold_slot_unless_full(
                    self._database, self._index, open_work, wanted, device_key=device, now=now
                )
                return HoldKey(seat.seat_id, device)
        except SlotTaken:
            return None

    def _book(self, client: int, held: HoldKey) -> str:
        """Books what is held, for a person of one appointment."""
        person = client * 1_000 + len(self._next[client])
        with self._database.transaction() as session:
            work = UnitOfWork(session, VISITOR, datetime.now(UTC))
            who = {"name": f"علي آل تجربة {MARK}", "mobile": f"0500{person:06}"}
            row, _ = booking.book(work, held, parse_person(who), limits=self._limits)
            return row.appointment_number


def _take_first(waiting: deque[Request]) -> Request | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


def main() -> None:
    """`python -m bench.appointments.crowd DEPARTMENT FIRST CLIENTS SLOT…`; begins at a line of its input."""
    department_id, first, clients, *slots = sys.argv[1:]
    moments = [datetime.fromisoformat(one) for one in slots]
    crowd = Crowd(department_id, moments, int(first), int(clients))
    print("ready", flush=True)
    sys.stdin.readline()
    crowd.run()


if __name__ == "__main__":
    main()
