"""Reminders before an end: set, moved and dropped by the newest event, and sent once."""

from datetime import UTC, date, datetime, timedelta
from threading import Event as Stop
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.db import Database
from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact, contacts_of
from chassis.process import Process
from chassis.run.deadlines import Deadlines
from notify.app import SERVICE
from notify.chores import CHORE
from notify.commands.languages import choose_language
from notify.consumers import HANDLERS
from notify.domain.reminders import reminder_time
from notify.models import Ending, Message

BEGAN = datetime(2026, 11, 25, 8, tzinfo=UTC)
END = date(2029, 11, 25)
OWNER = Contact(role="owner", mobile="+966500000008")


class Desk:
    """Tells events of one permit, and fires deadlines at times of its own."""

    def __init__(self, database: Database, session: Session, settings: Any) -> None:
        self.session, self.now = session, BEGAN
        self.permit_id = new_id()
        self._sequence = 0
        self._process: Any = Process(SERVICE, settings, database)
        self._runner = Deadlines(self._process, clock=lambda: self.now)

    def tell(self, happened: str, *contacts: Contact, sequence: int = 0, **changes: Any) -> None:
        self._sequence = sequence or self._sequence + 1
        state = {
            "permit_number": "1448/1312",
            "municipality": "qatif",
            "status": "valid",
            "expires_on": END.isoformat(),
            "contacts": contacts_of(self.session).seal(self.permit_id, contacts or [OWNER]),
            **changes,
        }
        event = Received(
            id=new_id(),
            type=f"sa.gov.qatif.permits.permit.{happened}.v1",
            subject=self.permit_id,
            sequence=self._sequence,
            time=self.now,
            data=state,
        )
        context = self._process.context(self.session)
        HANDLERS["permits.permit"][event.type](context, event)
        self.session.flush()

    def at(self, days: int, hours: float = 0, end: date = END) -> None:
        """So many days before the end everything that is due fires."""
        self.now = reminder_time(end, days) + timedelta(hours=hours)
        self._runner.step(Stop())

    @property
    def due(self) -> datetime | None:
        return pending(self.session, "permit", self.permit_id).get("reminder")

    def reminders(self) -> list[Message]:
        rows = self.session.query(Message).filter_by(template="permit-ending")
        return list(rows.order_by(Message.created_at, Message.message_id))

    def sources(self) -> list[str]:
        return [row.source.split("/", 3)[3] for row in self.reminders()]

    def ending(self) -> Ending | None:
        return self.session.get(Ending, ("permit", self.permit_id))


@pytest.fixture
def desk(database: Database, session: Session, settings: Any) -> Desk:
    return Desk(database, session, settings)


def test_an_owner_is_reminded_sixty_thirty_and_seven_days_before_the_end(desk: Desk) -> None:
    desk.tell("issued")

    for days in (61, 60, 60, 31, 30, 8, 7, 1, -1):
        desk.at(days)

    assert desk.sources() == ["2029-11-25/60", "2029-11-25/30", "2029-11-25/7"]
    first = desk.reminders()[0]
    assert (first.origin, first.kind, first.role) == ("reminder", "notice", "owner")
    assert first.text_public == ("جددوا رخصة البناء 1448/1312 قبل 2029/11/25م. بلدية محافظة القطيف")
    assert first.recipient == OWNER.mobile
    assert first.about_id == desk.permit_id
    assert (desk.due, desk.ending()) == (None, None)


def test_a_newer_event_moves_the_reminder_and_an_older_one_changes_nothing(desk: Desk) -> None:
    later = END + timedelta(days=365)
    desk.tell("issued")
    desk.tell("amended", expires_on=later.isoformat())
    desk.tell("amended", sequence=1)

    assert desk.due == reminder_time(later, 60)
    desk.at(7)
    assert desk.sources() == []
    desk.at(60, end=later)
    assert desk.sources() == ["2030-11-25/60"]


@pytest.mark.parametrize("status", ["suspended", "renewed", "superseded", "completed", "cancelled"])
def test_a_permit_that_is_not_in_force_sends_no_reminder(desk: Desk, status: str) -> None:
    desk.tell("issued")
    desk.tell("amended", status=status)

    desk.at(7)

    assert desk.reminders() == []
    assert (desk.due, desk.ending()) == (None, None)


def test_a_permit_that_is_valid_again_sends_reminders_again(desk: Desk) -> None:
    desk.tell("issued")
    desk.tell("suspended", status="suspended")
    desk.tell("reinstated")

    desk.at(30)

    assert desk.sources() == ["2029-11-25/30"]


def test_every_owner_is_reminded_and_a_permit_without_a_mobile_shows_as_skipped(
    desk: Desk,
) -> None:
    second = Contact(role="owner", mobile="+966500000016", language="en")
    desk.tell("issued", OWNER, second)
    desk.at(60)
    told = desk.reminders()

    desk.tell("amended", contacts=[])
    desk.at(30)
    untold = desk.reminders()[-1]

    assert {row.recipient for row in told} == {OWNER.mobile, second.mobile}
    assert sorted(row.language for row in told) == ["ar", "en"]
    assert (untold.state, untold.reason, untold.recipient) == ("skipped", "contact-missing", None)


def test_a_reminder_comes_in_the_language_that_the_owner_chose(desk: Desk) -> None:
    choose_language(UnitOfWork(desk.session, CHORE, BEGAN), OWNER.mobile, "en")
    desk.tell("issued")

    desk.at(60)

    (told,) = desk.reminders()
    assert told.language == "en"
    assert str(told.text_public).endswith("Qatif Governorate Municipality")


def test_the_newest_mobile_is_reminded(desk: Desk) -> None:
    desk.tell("issued")
    desk.tell("amended", Contact(role="owner", mobile="+966500000016"))

    desk.at(60)

    assert [row.recipient for row in desk.reminders()] == ["+966500000016"]


def test_a_repeated_end_sends_no_second_reminder(desk: Desk) -> None:
    desk.tell("issued")
    desk.at(60)
    desk.now -= timedelta(hours=2)
    desk.tell("amended")
    desk.at(60, hours=3)

    assert desk.sources() == ["2029-11-25/60"]


def test_after_an_outage_one_reminder_goes_out_and_not_all_that_were_missed(desk: Desk) -> None:
    desk.tell("issued")

    desk.at(5)

    assert desk.sources() == ["2029-11-25/7"]


def test_an_event_without_contacts_sets_no_reminder(desk: Desk) -> None:
    desk.tell("issued", contacts=[])
    assert desk.due is not None
    other = Received(
        id=new_id(),
        type="sa.gov.qatif.permits.permit.issued.v1",
        subject=new_id(),
        sequence=1,
        time=BEGAN,
        data={"permit_number": "1448/1", "status": "valid", "expires_on": END.isoformat()},
    )

    HANDLERS["permits.permit"][other.type](desk._process.context(desk.session), other)

    assert pending(desk.session, "permit", other.subject) == {}
