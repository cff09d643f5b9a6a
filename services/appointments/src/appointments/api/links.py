"""The link of a text: looking changes nothing, a button carries out one command."""

from appointments import queries
from appointments.api import pages, papers
from appointments.api.pages import DONE, Button
from appointments.api.views import Body, public_view, slots_view
from appointments.commands import links
from appointments.context import Call
from appointments.domain.actors import VISITOR
from appointments.domain.choices import Choice
from appointments.lookups import appointment_of_key
from appointments.models import Appointment
from chassis.core.refusals import NotFound, Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.problems import as_problem
from pages.link_pages import Answer
from saudi.bilingual import Bilingual


def show_link(call: Call, token: str, lang: str | None = None) -> Answer:
    try:
        row = appointment_of_key(call.session, token, call.now)
    except NotFound:
        return pages.unknown(lang)
    return _page_of(call, row, lang)


def use_link(call: Call, token: str, body: Body, lang: str | None = None) -> Answer:
    """Carries out the button's command. A refused command is undone as a whole, and the page says why."""
    try:
        row = appointment_of_key(call.session, token, call.now)
    except NotFound:
        return pages.unknown(lang)
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
    found = queries.choices_of_person(call.session, row, call.now)
    slots = slots_view(found.slots)["items"]
    buttons = [Button(one, slots if one is Choice.MOVE else ()) for one in found.choices]
    return pages.appointment_page(public_view(row), buttons, language, told=told, status=status)


def _words_of(refusal: Refusal) -> tuple[Bilingual, int]:
    problem = as_problem(refusal)
    said = {language: problem.document(language) for language in ("ar", "en")}
    words = {language: one.get("detail") or one["title"] for language, one in said.items()}
    return Bilingual(words["ar"], words["en"]), problem.status
