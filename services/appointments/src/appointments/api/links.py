"""The link of a text: looking changes nothing, a button carries out one command."""

from appointments import slots
from appointments.api import pages, papers
from appointments.api.pages import DONE, Answer, Button
from appointments.api.views import Body, public_view, slots_view
from appointments.commands import changing, waiting
from appointments.context import Call
from appointments.domain.actors import VISITOR
from appointments.domain.appointments import AHEAD, PRESENT
from appointments.lookups import appointment_of_key
from appointments.models import Appointment
from chassis.core.refusals import InvalidFields, NotFound, Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.problems import as_problem
from saudi.bilingual import Bilingual
from saudi.days import legal_day


def show_link(call: Call, token: str) -> Answer:
    try:
        row = appointment_of_key(call.session, token, call.now)
    except NotFound:
        return pages.unknown()
    return pages.appointment_page(public_view(row), _buttons(call, row))


def use_link(call: Call, token: str, body: Body) -> Answer:
    """Carries out the button's command. A refused command is undone as a whole, and the page says why."""
    try:
        row = appointment_of_key(call.session, token, call.now)
    except NotFound:
        return pages.unknown()
    if body["action"] == "calendar":
        return papers.calendar_file(row)
    try:
        with call.session.begin_nested():
            answer = _carry_out(call, row.appointment_id, body)
    except Refusal as refusal:
        call.session.expire_all()
        row = appointment_of_key(call.session, token, call.now)
        words, status = _words_of(refusal)
        return pages.appointment_page(public_view(row), _buttons(call, row), words, status)
    if isinstance(answer, tuple):
        return answer
    return pages.appointment_page(public_view(answer), _buttons(call, answer), DONE)


def _carry_out(call: Call, appointment_id: str, body: Body) -> Appointment | Answer:
    work = UnitOfWork.of(call, VISITOR)
    match body["action"]:
        case "ticket":
            return papers.print_ticket(call, work, appointment_id)
        case "move":
            return _move(work, appointment_id, body)
        case "accept":
            return waiting.accept_offer(work, appointment_id)
        case "wait":
            return waiting.wait_for_earlier_day(work, appointment_id)
        case "leave":
            return waiting.stop_waiting(work, appointment_id)
        case "cancel":
            return changing.cancel(work, appointment_id)
        case unknown:
            raise ValueError(f"no button: {unknown}")


def _move(work: UnitOfWork, appointment_id: str, body: Body) -> Appointment:
    if body.get("starts_at") is None:
        raise InvalidFields.of("starts_at", "required")
    return changing.move(work, appointment_id, body["starts_at"], by_person=True)


def _words_of(refusal: Refusal) -> tuple[Bilingual, int]:
    problem = as_problem(refusal)
    said = {language: problem.document(language) for language in ("ar", "en")}
    words = {language: one.get("detail") or one["title"] for language, one in said.items()}
    return Bilingual(words["ar"], words["en"]), problem.status


def _buttons(call: Call, row: Appointment) -> list[Button]:
    """Returns the buttons for what the person may do now."""
    if row.status not in (*AHEAD, *PRESENT):
        return []
    papers_of = [Button("ticket"), Button("calendar")]
    if row.status not in AHEAD:
        return papers_of
    found = [Button("accept")] if row.offer_until and row.offer_until > call.now else []
    if row.waits_since is not None:
        found.append(Button("leave"))
    elif legal_day(row.starts_at) > legal_day(call.now):
        found.append(Button("wait"))
    if row.affected_since is not None or call.now <= row.change_until:
        following = _next_slots(call, row)
        found += [Button("move", following)] if following else []
    found += papers_of
    return [*found, Button("cancel")] if call.now <= row.cancel_until else found


def _next_slots(call: Call, row: Appointment) -> list[dict[str, object]]:
    department = slots.get_department(call.session, row.department_id)
    timetable = slots.timetable_of(call.session, department, call.now)
    free = slots.next_free_slots(
        call.session, row.department_id, timetable, row.service, after=call.now, now=call.now
    )
    found: list[dict[str, object]] = slots_view(free)["items"]
    return found
