"""What a worker and his establishment are told of a health certificate: never a result, and never a reason."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Event as Stop
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact, contacts_of
from chassis.process import Process
from chassis.run.deadlines import Deadlines
from notify.app import SERVICE
from notify.chores import CHORE
from notify.commands.languages import choose_language
from notify.consumers import HANDLERS
from notify.domain.reminders import reminder_time
from notify.models import Message, TemplateVersion
from notify.routes import TOPICS

REQUEST, CERTIFICATE = "health-certs.request", "health-certs.certificate"
BEGAN = datetime(2026, 11, 25, 8, tzinfo=UTC)
END = date(2027, 11, 24)
WORKER = Contact(role="worker", mobile="+966500000008", confirmed=True)
EMPLOYER = Contact(role="establishment", mobile="+966500000016", confirmed=True)
NOT_ISSUED = (
    "انتهى طلب الشهادة الصحية 1448047000017 دون إصدار، ويعاد ما سُدد. السبب يراه العامل في طلبه."
)


class Desk:
    """Tells events of requests and certificates, and fires deadlines at times of its own."""

    def __init__(self, database: Database, session: Session, settings: Any) -> None:
        self.session, self.now = session, BEGAN
        self._process: Any = Process(SERVICE, settings, database)
        self._runner = Deadlines(self._process, clock=lambda: self.now)

    def tell(
        self, topic: str, happened: str, *contacts: Contact, subject: str = "", **changes: Any
    ) -> list[Message]:
        """The messages that the event made."""
        subject = subject or new_id()
        event_type = f"sa.gov.qatif.{topic}.{happened}.v1"
        example = contracts.event_example(event_type)
        block = contacts_of(self.session).seal(subject, contacts)
        event = Received(
            id=new_id(),
            type=event_type,
            subject=subject,
            sequence=changes.pop("sequence", 1),
            time=self.now,
            data={**example, "contacts": block, **changes},
        )
        context = replace(self._process.context(self.session), now=self.now)
        HANDLERS[topic][event.type](context, event)
        self.session.flush()
        rows = self.session.query(Message).filter_by(source=event.id)
        return list(rows.order_by(Message.role.desc()))

    def holds(self, number: int, *contacts: Contact, **changes: Any) -> str:
        """A certificate that was issued."""
        subject = new_id()
        state = {"valid_until": END.isoformat(), **changes}
        certificate_no = f"1448048{number:06}"
        self.tell(
            CERTIFICATE,
            "issued",
            *contacts,
            subject=subject,
            certificate_no=certificate_no,
            **state,
        )
        return subject

    def at(self, days: int, end: date = END) -> None:
        """So many days before the end everything that is due fires."""
        self.now = reminder_time(end, days)
        self._runner.step(Stop())

    def reminders(self, role: str) -> list[Message]:
        rows = self.session.query(Message).filter_by(origin="reminder", role=role)
        return list(rows.order_by(Message.created_at, Message.message_id))


@pytest.fixture
def desk(database: Database, session: Session, settings: Any) -> Desk:
    return Desk(database, session, settings)


def test_the_text_of_a_request_names_the_last_day_of_the_examination_and_the_centre(
    desk: Desk,
) -> None:
    told = desk.tell(
        *(REQUEST, "submitted", WORKER, EMPLOYER),
        request_no="1448047000017",
        due_on="2026-12-24",
        municipality="saihat",
    )

    assert [(one.role, one.text_public) for one in told] == [
        (
            "worker",
            "استلمنا طلب الشهادة الصحية رقم 1448047000017. الفحص حتى 2026/12/24م في"
            " المركز الطبي بسيهات (بيانات تجريبية). بلدية سيهات",
        )
    ]


def test_a_request_that_ended_has_one_neutral_text_for_worker_and_delegate(desk: Desk) -> None:
    told = desk.tell(REQUEST, "ended", WORKER, EMPLOYER, request_no="1448047000017")

    assert [one.role for one in told] == ["worker", "establishment"]
    assert {one.text_public for one in told} == {NOT_ISSUED}
    assert {one.parts for one in told} == {2}


def test_a_worker_who_applied_himself_gets_the_only_text(desk: Desk) -> None:
    told = desk.tell(REQUEST, "ended", WORKER)

    assert [one.role for one in told] == ["worker"]


def test_the_text_of_an_issued_certificate_names_its_last_day(desk: Desk) -> None:
    told = desk.tell(
        *(CERTIFICATE, "issued", WORKER, EMPLOYER),
        certificate_no="1448048000017",
        valid_until="2027-11-23",
        municipality="saihat",
    )

    text = "صدرت الشهادة الصحية 1448048000017 حتى 2027/11/23م. بلدية سيهات"
    assert [one.text_public for one in told] == [text, text]


@pytest.mark.parametrize("happened", ["cancelled", "revoked"])
def test_the_texts_of_an_ended_certificate_give_no_reason(desk: Desk, happened: str) -> None:
    told = desk.tell(CERTIFICATE, happened, WORKER, EMPLOYER)

    assert [one.role for one in told] == ["worker", "establishment"]
    assert len({one.text_public for one in told}) == 1


@pytest.mark.parametrize("happened", ["amended", "billed", "moved", "issued", "emptied"])
def test_the_steps_of_a_request_send_no_text(desk: Desk, happened: str) -> None:
    assert desk.tell(REQUEST, happened, WORKER, EMPLOYER) == []


def test_a_worker_who_reads_urdu_gets_the_arabic_text_while_there_is_no_other(
    desk: Desk,
) -> None:
    reads_urdu = Contact(role="worker", mobile="+966500000008", language="ur", confirmed=True)

    (told,) = desk.tell(REQUEST, "ended", reads_urdu, request_no="1448047000017")

    assert told.text_public == (
        "انتهى طلب الشهادة الصحية 1448047000017 دون إصدار، ويعاد ما سُدد. السبب يراه العامل في طلبه."
    )


# In a text of these words somebody could read a result, or why there's no certificate.
TELLING = ("لائق", "fit", "نتيجة", "result", "طبيًا", "medically", "تأخر", "late", "withdr", "سحبتم")


def test_no_text_and_no_route_holds_a_result_or_a_reason(session: Session) -> None:
    routes = [route for name in (REQUEST, CERTIFICATE) for route in TOPICS[name].routes]
    texts = [
        body
        for row in session.query(TemplateVersion)
        for body in (row.body_ar, row.body_en)
        if "الصحية" in row.body_ar
    ]

    assert all(not route.when for route in routes)
    read = {path.split("/")[0] for route in routes for path in route.values.values()}
    assert read == {"request_no", "certificate_no", "due_on", "valid_until", "centre.name"}
    assert len(texts) >= 14
    assert [(word, text) for word in TELLING for text in texts if word in text] == []


def test_a_worker_is_reminded_sixty_thirty_and_seven_days_before_the_end(desk: Desk) -> None:
    english = Contact(role="worker", mobile="+966500000024", language="en")
    desk.holds(17, WORKER, english, municipality="saihat")

    for days in (61, 60, 31, 30, 7, 1, -1):
        desk.at(days)

    told = desk.reminders("worker")
    assert sorted(one.language for one in told) == ["ar"] * 3 + ["en"] * 3
    assert {one.text_public for one in told} == {
        "جددوا الشهادة الصحية 1448048000017 قبل 2027/11/24. بلدية سيهات",
        "Health certificate no. 1448048000017 ends on 2027/11/24. Renew it before."
        " Saihat Municipality",
    }


@pytest.mark.parametrize(
    ("happened", "changes"),
    [
        ("cancelled", {"status": "cancelled"}),
        ("revoked", {"status": "revoked"}),
        ("replaced", {"status": "replaced", "replaced_by": "1448048000099"}),
    ],
)
def test_an_ended_certificate_sends_no_reminder(desk: Desk, happened: str, changes: Any) -> None:
    subject = desk.holds(17, WORKER, EMPLOYER)
    desk.tell(CERTIFICATE, happened, WORKER, EMPLOYER, subject=subject, sequence=2, **changes)

    desk.at(60)

    assert desk.reminders("worker") == desk.reminders("establishment") == []


def test_an_establishment_gets_one_list_a_day_of_what_ends_soon(desk: Desk) -> None:
    for number in (1, 2, 3, 4):
        desk.holds(number, WORKER, EMPLOYER)
    desk.holds(5, WORKER, EMPLOYER, valid_until=(END + timedelta(days=200)).isoformat())

    desk.at(60)

    (told,) = desk.reminders("establishment")
    assert "1448048000001 (2027/11/24)، 1448048000002 (2027/11/24)" in str(told.text_public)
    assert "و1 غيرها" in str(told.text_public)
    assert "1448048000005" not in str(told.text_public)


def test_a_list_comes_in_the_language_that_the_delegate_chose(desk: Desk) -> None:
    choose_language(UnitOfWork(desk.session, CHORE, BEGAN), EMPLOYER.mobile, "en")
    for number in (1, 2):
        desk.holds(number, WORKER, EMPLOYER)

    desk.at(60)

    (told,) = desk.reminders("establishment")
    assert told.language == "en"
    assert "1448048000001 (2027/11/24), 1448048000002 (2027/11/24)" in str(told.text_public)


def test_a_former_delegate_gets_no_list_of_other_workers(desk: Desk) -> None:
    former = Contact(role="establishment", mobile="+966500000032", confirmed=True)
    desk.holds(1, WORKER, former)
    desk.holds(2, WORKER, EMPLOYER)
    desk.holds(3, WORKER, EMPLOYER, former)

    desk.at(60)

    texts = {one.recipient: str(one.text_public) for one in desk.reminders("establishment")}
    listed = {
        mobile: [n for n in (1, 2, 3) if f"1448048{n:06}" in text] for mobile, text in texts.items()
    }
    assert listed == {former.mobile: [1, 3], EMPLOYER.mobile: [2, 3]}


def test_another_establishment_gets_a_list_of_its_own(desk: Desk) -> None:
    other = Contact(role="establishment", mobile="+966500000032")
    place = {"unified_number": "7000000013", "licence_no": None, "application_no": None}
    desk.holds(1, WORKER, EMPLOYER)
    desk.holds(2, WORKER, other, establishment=place)

    desk.at(60)

    texts = {one.recipient: str(one.text_public) for one in desk.reminders("establishment")}
    assert "1448048000002" not in texts[EMPLOYER.mobile]
    assert "1448048000001" not in texts[other.mobile]
