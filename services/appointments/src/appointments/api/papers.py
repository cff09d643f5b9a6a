"""The ticket of an appointment, Arabic first, English beside it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from appointments.catalogue import municipalities
from appointments.commands.tickets import KIND, make_ticket
from appointments.context import Call
from appointments.domain.appointments import Status
from appointments.models import REGISTER, SignedDocument
from chassis.data.unit_of_work import UnitOfWork
from documents.issuing import answers
from documents.issuing.answers import Answers, FileAnswer
from documents.issuing.pages import Pages, PrintedRows
from documents.issuing.register import EXPIRED, VALID
from documents.papers import Paper, Section, code_row, day_row, text_row
from saudi.bilingual import Bilingual
from saudi.branches import GOVERNORATE

TITLES = {KIND: Bilingual("تذكرة موعد", "Appointment ticket")}
NOTES = [
    Bilingual(
        "احضروا قبل الموعد بعشر دقائق ومعكم الهوية، وأبرزوا هذه التذكرة عند الحضور.",
        "Come ten minutes before, with your ID, and show this ticket when you check in.",
    ),
]
_STATES = {
    VALID: Bilingual("سارٍ", "Valid"),
    EXPIRED: Bilingual("انتهى يومه", "Its day is over"),
    Status.CANCELLED.value: Bilingual("ملغى", "Cancelled"),
}
_MUNICIPALITY = Bilingual("البلدية", "Municipality")
_DEPARTMENT, _SERVICE = Bilingual("الإدارة", "Department"), Bilingual("الخدمة", "Service")
_TIME = Bilingual("الساعة", "Time")


def _printed_rows(_session: Session, document: SignedDocument) -> PrintedRows:
    """Returns municipality, department, service and hour, which name no person."""
    content = document.content
    return [
        (_MUNICIPALITY, municipalities()[content["municipality"]].pair()),
        (_DEPARTMENT, {"ar": content["department"], "en": content["department_en"]}),
        (_SERVICE, {"ar": content["service_name"], "en": content["service_name_en"]}),
        (_TIME, {"ar": content["time"], "en": content["time"]}),
    ]


ANSWERS = Answers(
    [REGISTER],
    lambda _kind, found: _STATES[found],
    Pages(lambda: municipalities()[GOVERNORATE], TITLES),
    _printed_rows,
)


def print_ticket(call: Call, work: UnitOfWork, appointment_id: str) -> FileAnswer:
    document = make_ticket(work, appointment_id, call.resources.signing)
    return answers.printed(call, document, _paper_of(document.content, document.made_at))


def _paper_of(content: Mapping[str, Any], made_at: datetime) -> Paper:
    rows = [
        text_row(_DEPARTMENT, content["department"], content["department_en"]),
        text_row(_SERVICE, content["service_name"], content["service_name_en"]),
        day_row(Bilingual("اليوم", "Day"), date.fromisoformat(content["day"])),
        code_row(_TIME, content["time"]),
    ]
    return Paper(
        issuer=municipalities()[content["municipality"]],
        title=TITLES[KIND],
        number=content["appointment_number"],
        state=_STATES[VALID],
        sections=[Section(Bilingual("الموعد", "Appointment"), rows)],
        notes=NOTES,
        made_at=made_at,
    )
