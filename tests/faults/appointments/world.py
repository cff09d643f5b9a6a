"""Two processes each of appointments' `serve` and `work`. Officers book for more people than a slot has places."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from tests.faults.history import History
from tests.faults.load import Piece, spread
from tests.faults.registers.load import Call, RegisterLoad
from tests.faults.registers.world import RegisterWorld, lanes_of, seats_of
from tests.faults.trial import Plan

from appointments.commands import schedule
from appointments.domain.actors import service_as
from appointments.models import Department
from appointments.sample import MARK, sample_plan
from appointments.slots import free_slots
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from saudi.days import legal_day

from .checker import PROMISES

CALLERS = 3  # for each slot, which has two places
TAKEN = ("slot-taken",)


class BookingLoad(RegisterLoad):
    """Books the slots of a department that no run has had before."""

    service, key_name = "appointments", "appointment_id"

    def __init__(self, world: Any, plan: Plan, run: int, history: History) -> None:
        super().__init__(world, plan, run, history)
        self._department, self._slots = self._add_department()
        self.values["department"] = self._department

    def _add_department(self) -> tuple[str, list[datetime]]:
        count, now = -(-self._plan["bookings"] // CALLERS), datetime.now(UTC)
        with self._world.databases[self.service].transaction() as session:
            work = UnitOfWork(session, service_as("faults"), now)
            row: Department = schedule.add_department(
                work, municipality="saihat", code="engineering"
            )
            session.flush()
            today = legal_day(now)
            schedule.set_plan(
                work, row.department_id, valid_from=today, plan=sample_plan(), preview=False
            )
            days, later = (today, today + timedelta(days=29)), now + timedelta(hours=2)
            free = free_slots(session, row.department_id, "inquiry", days=days, now=later)
            return row.department_id, [one.span.starts_at for one in free[: count + 1]]

    def pieces(self) -> Iterator[Piece]:
        count = self._plan["bookings"]
        todo = [(f"booking-{number}", partial(self._book, number)) for number in range(count)]
        yield from spread(todo, self._plan.seconds * 0.9, self.stop)

    def _book(self, number: int) -> None:
        """Books, and moves or cancels some of the appointments."""
        chance = self.chance(number, "later")
        body = {
            "department_id": self._department,
            "service": "inquiry",
            "starts_at": rfc3339(self._slots[number // CALLERS]),
            "mobile": f"0500{self._run % 100:02}{number:04}",
            "name": f"علي آل تجربة {MARK}",
        }
        made = self.make(Call(f"{number}-book", "/v1/appointments", body, refusals=TAKEN))
        if made is not None and chance.random() < 0.2:
            starts_at = rfc3339(chance.choice(self._slots))
            path = f"/v1/appointments/{made}/move"
            self.move(Call(f"{number}-move", path, {"starts_at": starts_at}))
        if made is not None and chance.random() < 0.15:
            path = f"/v1/appointments/{made}/cancel"
            self.move(Call(f"{number}-cancel", path, {"reason": f"تعذر الاستقبال {MARK}"}))


class AppointmentWorld(RegisterWorld):
    name = "appointments"
    seating = seats_of("appointments")
    lanes = lanes_of("appointments")
    promises = PROMISES
    options = {"bookings": 600, "seconds": 60.0}
    bug_options = {"bookings": 150, "seconds": 12.0}
    things = """SELECT appointment_id::text AS thing_id, appointment_number AS number, version, 1 AS first
        FROM appointment WHERE department_id::text = :department"""
    topic = "appointments.appointment"
    more = {
        "seats": """SELECT appointment_id::text, counter, place, starts_at, ends_at FROM seat
            WHERE department_id::text = :department AND appointment_id IS NOT NULL""",
        "appointments": """SELECT appointment_id::text, status, starts_at FROM appointment
            WHERE department_id::text = :department""",
    }

    def load(self, plan: Plan, run: int, history: History) -> BookingLoad:
        return BookingLoad(self, plan, run, history)


WORLD = AppointmentWorld
