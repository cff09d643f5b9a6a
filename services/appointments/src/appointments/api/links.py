"""The page behind the link of a text: what the appointment is, and a button for each thing that its person may do.

Telephones and scanners fetch links by themselves, so looking changes nothing, and a button carries out one command.
"""

from collections.abc import Mapping
from pathlib import Path

from appointments import queries
from appointments.api import papers
from appointments.api.calendar_file import calendar_file
from appointments.api.views import Body, public_view, slots_view
from appointments.commands import changing, waiting
from appointments.context import Call
from appointments.domain.actors import VISITOR
from appointments.domain.appointments import AFFECTED, AHEAD
from appointments.domain.choices import Choice
from appointments.lookups import appointment_of_key
from appointments.models import Appointment
from chassis.core.refusals import InvalidFields, Refusal
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.problems import ErrorRequest, Problem, as_problem
from pages.link_pages import Answer, LinkPages, asked_language, explain_trouble
from pages.marks import tone_of_state
from saudi.bilingual import Bilingual

Address = Mapping[str, str]  # what the page's address says besides the token: `lang`, `day`
PAGES = LinkPages("appointments", [Path(__file__).parent / "templates" / "texts.json"])
UNKNOWN = Bilingual(
    "الرابط غير صحيح أو انتهت مدته. افتحوا الرابط من أحدث رسالة.",
    "The link is not right, or its time is over. Open the link of the newest message.",
)
DONE = Bilingual("تم.", "Done.")


def show_link(call: Call, token: str, **address: str) -> Answer:
    return _page_of(call, appointment_of_key(call.session, token, call.now), address)


def use_link(call: Call, token: str, body: Body, **address: str) -> Answer:
    """Carries out the button's command. A refused command is undone as a whole, and the page says why."""
    row = appointment_of_key(call.session, token, call.now)
    try:
        with call.session.begin_nested():
            return _carry_out(call, row, body, address)
    except Refusal as refusal:
        call.session.expire_all()
        row = appointment_of_key(call.session, token, call.now)
        return _page_of(call, row, address, refusal)


def _carry_out(call: Call, row: Appointment, body: Body, address: Address) -> Answer:
    work, key, choice = UnitOfWork.of(call, VISITOR), row.appointment_id, Choice(body["action"])
    match choice:
        case Choice.CALENDAR:
            return calendar_file(call, row)
        case Choice.TICKET:
            return papers.print_ticket(call, work, key)
        case Choice.MOVE if body.get("starts_at") is None:
            raise InvalidFields.of("starts_at", "required")
        case Choice.MOVE:
            starts_at, seen = body["starts_at"], body.get("moved_from")
            changed = changing.move(work, key, starts_at, by_person=True, seen=seen)
        case Choice.WAIT:
            changed = waiting.wait_for_earlier_day(work, key)
        case Choice.LEAVE:
            changed = waiting.stop_waiting(work, key)
        # The page names the time that it shows: the offered time, or that of the appointment.
        case Choice.ACCEPT:
            changed = waiting.accept_offer(work, key, seen=body.get("starts_at"))
        case Choice.CANCEL:
            changed = changing.cancel(work, key, seen=body.get("starts_at"))
    return _page_of(call, changed, address, DONE)


def _page_of(
    call: Call, row: Appointment, address: Address, said: Bilingual | Refusal | None = None
) -> Answer:
    """Returns the page of an appointment. `said`: what became of the last button."""
    told, status = _words_of(said) if isinstance(said, Refusal) else (said, 200)
    choices, by_day = queries.choices_of_person(call.session, row, call.now)
    asked_day = address.get("day", "")
    chosen_day = asked_day if asked_day in by_day else next(iter(by_day), "")
    slots = by_day.get(chosen_day, ())
    final = {rfc3339(one.span.starts_at) for one in slots if one.change_until < call.now}
    shown = public_view(row)
    is_affected = row.shown_status == AFFECTED
    return PAGES.show(
        "appointment.html",
        address.get("lang"),
        status=status,
        shown=shown,
        choices=choices,
        days=list(by_day),
        chosen_day=chosen_day,
        slots=slots_view(slots)["items"],
        told=told,
        told_tone="success" if status < 400 else "error",
        state_tone=tone_of_state(shown["tone"]),
        offered_at=shown["offer"]["starts_at"] if shown["offer"] else None,
        is_affected=is_affected,
        has_deadline=row.status in AHEAD and not is_affected,
        can_change=Choice.CANCEL in choices,
        final=final,
    )


def _words_of(refusal: Refusal) -> tuple[Bilingual, int]:
    problem = as_problem(refusal)
    said = {language: problem.document(language) for language in ("ar", "en")}
    words = {language: one.get("detail") or one["title"] for language, one in said.items()}
    return Bilingual(words["ar"], words["en"]), problem.status


def show_trouble(problem: Problem, asked: ErrorRequest) -> Answer:
    """Returns the page for a link that opens nothing, and for a request that no operation answered."""
    return PAGES.show(
        "appointment.html",
        asked_language(asked),
        status=problem.status,
        headers=problem.headers,
        shown=None,
        told=explain_trouble(problem, asked, unknown=UNKNOWN),
        told_tone="error",
    )
