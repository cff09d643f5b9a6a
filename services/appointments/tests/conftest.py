"""The service under test; the fixtures are the chassis'."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from appointments.app import SERVICE
from appointments.commands import waiting
from appointments.models import Appointment, Department
from chassis.service import Service
from chassis.testing import *

from .booked import DAY, MARK, NOW, SUNDAY, book_slot, make_department
from .offered import as_person
from .over_http import api, booked, codes, forget_limits, free, open_department

__all__ = ["api", "booked", "codes", "forget_limits", "free", "open_department"]


@dataclass(frozen=True)
class Person:
    """Somebody of the municipality."""

    subject: str = "p_officer"
    name: str | None = f"موظف الاستقبال {MARK}"
    client_id: str = "qatif-desk"
    organisation: str | None = "qatif"
    scopes: frozenset[str] = frozenset()
    attributes: Mapping[str, str] = field(default_factory=lambda: {"municipality": "qatif"})


@pytest.fixture(scope="session")
def person() -> type[Person]:
    return Person


@pytest.fixture(scope="session")
def officer() -> Person:
    return Person()


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides() -> dict[str, str]:
    keys = ("sealing", "blind_index", "contact", "inquiry", "subject", "document")
    rings = {f"{name}_key": f"1:{letter * 43}" for name, letter in zip(keys, "ACEIMQ", strict=True)}
    return {"cursor_key": "k" * 43, **rings}


@pytest.fixture
def department(session: Any, officer: Person) -> Department:
    """Customer service in Saihat: two counters, an inquiry takes 15 minutes at either."""
    return make_department(session, officer)


@pytest.fixture
def book(session: Any, department: Department) -> Callable[..., Appointment]:
    """Books through the commands: `book(SUNDAY, mobile="0500000002")`."""

    def make(at: datetime = SUNDAY, *, now: datetime = NOW, **changes: Any) -> Appointment:
        return book_slot(session, department, at, now=now, **changes)[0]

    return make


@pytest.fixture
def waiter(session: Any, book: Any) -> Appointment:
    """A person with an appointment on Monday who waits for an earlier day."""
    row: Appointment = book(SUNDAY + DAY, mobile="0500000002", device="device-of-waiter")
    waiting.wait_for_earlier_day(as_person(session), row.appointment_id)
    return row
