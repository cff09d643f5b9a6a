"""The page behind the link of a text: what the appointment is, and a button for each thing that its person may do.

Telephones and scanners fetch links by themselves, so looking changes nothing, and a button carries out one command.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appointments import queries
from appointments.api import papers
from appointments.api.views import Body, public_view, slots_view
from appointments.commands import links
from appointments.context import Call
from appointments.domain.actors import VISITOR
from appointments.domain.appointments import AHEAD
from appointments.domain.choices import Choice
from appointments.lookups import appointment_of_key
from appointments.models import Appointment
from chassis.core.refusals import NotFound, Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.problems import ErrorRequest, Problem, as_problem
from pages.link_pages import Answer, LinkPages, asked_language, explain_trouble
from pages.marks import tone_of_state
from saudi.bilingual import Bilingual

PAGES = LinkPages("appointments", [Path(__file__).parent / "templates" / "texts.json"])
UNKNOWN = Bilingual(
    "الرابط غير صحيح أو انتهت مدته. افتحوا الرابط من أحدث رسالة.",
    "The link is not right, or its time is over. Open the link of the newest message.",
)
DONE = Bilingual("تم.", "Done.")


@dataclass(frozen=True)
class Button:
    """A button. `slots`: the times among which the person chooses."""

    action: str
    slots: Sequence[Mapping[str, Any]] = ()


def show_link(call: Call, token: str, lang: str | None = None) -> Answer:
    try:
        row = appointment_of_key(call.session, token, call.now)
    except NotFound:
        return _unknown(lang)
    return _page_of(call, row, lang)


def use_link(call: Call, token: str, body: Body, lang: str | None = None) -> Answer:
    """Carries out the button's command. A refused command is undone as a whole, and the page says why."""
    try:
        row = appointment_of_key(call.session, token, call.now)
    except NotFound:
        return _unknown(lang)
    try:
        with call.session.begin_nested():
            return _carry_out(call, row, body, lang)
    except Refusal as refusal:
        call.session.expire_all()
        row = appointment_of_key(call.session, token, call.now)
        return _page_of(call, row, lang, refusal)


def _carry_out(call: Call, row: Appointment, body: Body, language: str | None) -> Answer:
    work, choice = UnitOfWork.of(call, VISITOR), Choice(body["action"])
    match choice:
        case Choice.CALENDAR:
            return papers.calendar_file(row)
        case Choice.TICKET:
            return papers.print_ticket(call, work, row.appointment_id)
    changed = links.carry_out(work, row.appointment_id, choice, body.get("starts_at"))
    return _page_of(call, changed, language, DONE)


def _page_of(
    call: Call, row: Appointment, language: str | None, said: Bilingual | Refusal | None = None
) -> Answer:
    """Returns the page of an appointment. `said`: what became of the last button."""
    told, status = _words_of(said) if isinstance(said, Refusal) else (said, 200)
    found, shown = queries.choices_of_person(call.session, row, call.now), public_view(row)
    slots = slots_view(found.slots)["items"]
    return PAGES.show(
        "appointment.html",
        language,
        status=status,
        shown=shown,
        buttons=[Button(one, slots if one is Choice.MOVE else ()) for one in found.choices],
        told=told,
        told_tone="success" if status < 400 else "error",
        state_tone=tone_of_state(shown["tone"]),
        offered_at=shown["offer"]["starts_at"] if shown["offer"] else None,
        is_affected=shown["affected"] and row.status in AHEAD,
    )


def _words_of(refusal: Refusal) -> tuple[Bilingual, int]:
    problem = as_problem(refusal)
    said = {language: problem.document(language) for language in ("ar", "en")}
    words = {language: one.get("detail") or one["title"] for language, one in said.items()}
    return Bilingual(words["ar"], words["en"]), problem.status


def _unknown(language: str | None) -> Answer:
    """Returns the page for a link that opens nothing."""
    return _explain(UNKNOWN, language, 404, {})


def show_trouble(problem: Problem, asked: ErrorRequest) -> Answer:
    """Returns the page for a request that no operation answered."""
    said = explain_trouble(problem, asked, unknown=UNKNOWN)
    return _explain(said, asked_language(asked), problem.status, problem.headers)


def _explain(
    said: Bilingual, language: str | None, status: int, headers: Mapping[str, str]
) -> Answer:
    return PAGES.show(
        "appointment.html",
        language,
        status=status,
        headers=headers,
        shown=None,
        told=said,
        told_tone="error",
    )
