"""What a person hears about an appointment, and how a one-time code comes to a telephone and to nobody else."""

from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Event as Stop
from typing import Any

import pytest

from chassis.core.ids import new_id
from chassis.events.contacts import Contact
from chassis.process import Process
from chassis.run.deadlines import Deadlines
from notify.app import SERVICE
from notify.consumers import HANDLERS
from notify.domain.reminders import reminder_time
from notify.models import Message

from .telling import event_of

APPOINTMENT, CODE = "appointments.appointment", "appointments.code"
BOOKED = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
PERSON = Contact(role="applicant", mobile="+966500000008", confirmed=True, token="T0KEN")


class Desk:
    """Tells events of appointments at times of its own."""

    def __init__(self, database: Any, session: Any, settings: Any) -> None:
        self.session, self.now = session, BOOKED
        self._process: Any = Process(SERVICE, settings, database)
        self._runner = Deadlines(self._process, clock=lambda: self.now)
        self._subject, self._version = new_id(), 0

    def tell(self, topic: str, happened: str, *contacts: Contact, **changes: Any) -> list[Message]:
        """Returns the messages that the event made."""
        self._version += 1
        event = event_of(
            self.session,
            topic,
            happened,
            contacts,
            time=self.now,
            subject=self._subject,
            sequence=self._version,
            **changes,
        )
        context = replace(self._process.context(self.session), now=self.now)
        HANDLERS[topic][event.type](context, event)
        self.session.flush()
        return list(self.session.query(Message).filter_by(source=event.id))

    def remind(self, day: date) -> list[Message]:
        """Fires what is due at nine on the day before."""
        self.now = reminder_time(day, 1)
        self._runner.step(Stop())
        return list(self.session.query(Message).filter_by(origin="reminder"))


@pytest.fixture
def desk(database: Any, session: Any, settings: Any) -> Desk:
    return Desk(database, session, settings)


def test_a_booking_is_told_with_day_time_and_a_link_to_the_appointment(desk: Desk) -> None:
    (row,) = desk.tell(APPOINTMENT, "booked", PERSON)

    assert row.template == "appointment-booked"
    assert "2026/12/01 الساعة 09:15" in str(row.text_public)
    assert str(row.text_secret).endswith("http://localhost:8010/a/T0KEN")
    assert "T0KEN" not in str(row.text_public)


def test_a_request_says_that_an_officer_will_call(desk: Desk) -> None:
    (row,) = desk.tell(APPOINTMENT, "booked", PERSON, status="requested")

    assert row.template == "appointment-requested"


@pytest.mark.parametrize(
    ("by", "template"),
    [
        ("person", "appointment-cancelled"),
        ("municipality", "appointment-cancelled-for-you"),
        ("day_end", "appointment-cancelled-for-you"),
    ],
)
def test_a_cancellation_says_whose_it_was(desk: Desk, by: str, template: str) -> None:
    (row,) = desk.tell(APPOINTMENT, "cancelled", PERSON, cancelled_by=by)

    assert row.template == template


def test_a_person_who_was_there_hears_nothing_when_the_day_ends(desk: Desk) -> None:
    assert desk.tell(APPOINTMENT, "cancelled", PERSON, cancelled_by="day_end", queue_number=7) == []


def test_a_person_hears_that_the_appointment_stands_again(desk: Desk) -> None:
    (row,) = desk.tell(APPOINTMENT, "kept", PERSON)

    assert row.template == "appointment-kept"
    assert "2026/12/01 الساعة 09:15" in str(row.text_public)


def test_nobody_whose_appointment_is_unconfirmed_hears_that_it_stands(desk: Desk) -> None:
    (row,) = desk.tell(APPOINTMENT, "kept", PERSON, status="requested")

    assert row.template == "appointment-request-kept"
    assert "وسنتصل بكم لتأكيده" in str(row.text_public)


def test_a_person_who_asked_for_a_new_link_gets_the_link_at_once(desk: Desk) -> None:
    (row,) = desk.tell(APPOINTMENT, "link_replaced", PERSON)

    assert row.template == "appointment-link"
    assert str(row.text_secret).count("http://localhost:8010/a/T0KEN") == 1
    assert "T0KEN" not in str(row.text_public)


def test_an_offer_names_the_offered_time_and_not_the_old_one(desk: Desk) -> None:
    (row,) = desk.tell(APPOINTMENT, "offered", PERSON)

    assert "2026/11/30 الساعة 09:15" in str(row.text_public)
    assert "2026/12/01" not in str(row.text_public)


def test_a_confirmed_person_is_reminded_the_day_before(desk: Desk) -> None:
    desk.tell(APPOINTMENT, "booked", PERSON)

    (row,) = desk.remind(date(2026, 12, 1))

    assert row.template == "appointment-reminder"
    assert "غدًا 2026/12/01 الساعة 09:15" in str(row.text_public)


@pytest.mark.parametrize(
    ("happened", "changes"),
    [("cancelled", {}), ("affected", {}), ("booked", {"status": "requested"})],
)
def test_nobody_is_reminded_of_what_is_not_confirmed(
    desk: Desk, happened: str, changes: dict[str, Any]
) -> None:
    desk.tell(APPOINTMENT, "booked", PERSON)
    desk.tell(APPOINTMENT, happened, PERSON, **changes)

    assert desk.remind(date(2026, 12, 1)) == []


def test_a_code_reaches_its_holder_and_no_officer(desk: Desk) -> None:
    holder = Contact(role="holder", mobile="+966500000008", token="418207")

    (row,) = desk.tell(CODE, "requested", holder)

    assert "418207" in str(row.text_secret)
    assert "418207" not in str(row.text_public)
    assert row.recipient == "+966500000008"


def test_a_code_for_nobody_makes_no_message(desk: Desk) -> None:
    assert desk.tell(CODE, "requested", Contact(role="nobody", mobile="+966500000008")) == []
