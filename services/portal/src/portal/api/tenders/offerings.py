"""The published tenders and auctions: a list with a search, one of them as everybody reads it, and a question."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import flask

from chassis.core import contracts
from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.marks import tone_of_state
from pages.site import Visit
from portal import catalogue
from portal.api.files import require_file, send_fetched
from portal.api.listing import NO_LINKS, page_links
from portal.api.public.asking import (
    faults_of_refusal,
    forget_form,
    keep_form,
    open_form,
    public_document,
    public_service,
    read_publicly,
    render_step,
    send_once,
    visitor_of,
)
from portal.domain.inputs import read_inputs
from portal.domain.offerings import (
    ALL,
    OPEN,
    OfferingKind,
    former_documents,
    has_personal_number,
    is_offering_number,
    kind_of_number,
    read_search,
    service_query,
)
from portal.outside.services import Reply, ServiceAway

SERVICE = "tenders"
# Field of the service → input of the search.
_INPUTS = {name: name for name in ("words", "status", "municipality")} | dict.fromkeys(
    ("category", "kind"), "sort"
)
QUESTION_SIGNS = 1_000


def show_list(visit: Visit, kind: OfferingKind) -> flask.Response:
    """GET /tenders, GET /auctions: what takes bids now, newest first; all others by their state."""
    search = read_search(kind, visit.query)
    if has_personal_number(search["words"]):
        faults = Faults([FieldFault("words", visit.text("tenders_no_personal_number"))])
        return _show_list(visit, kind, search | {"words": ""}, faults=faults, status=400)
    cursor = visit.query.get("cursor", "")
    try:
        reply = read_publicly(
            visit, SERVICE, kind.service_path, service_query(kind, search, cursor)
        )
    except ServiceAway:
        return _show_list(visit, kind, search, is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(_INPUTS))
        return _show_list(visit, kind, search, faults=faults, status=reply.status)
    return _show_list(visit, kind, search, page=reply.document)


def _show_list(
    visit: Visit,
    kind: OfferingKind,
    search: Mapping[str, str],
    *,
    page: Mapping[str, Any] | None = None,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    status: int = 200,
) -> flask.Response:
    return visit.render(
        "offerings.html",
        status=status,
        kind=kind,
        search=search,
        faults=faults,
        is_away=is_away,
        items=page["items"] if page else None,
        tone=lambda state: _tone_of(kind, state),
        states=[(ALL, visit.text("all")), *_states(kind, visit.language)],
        sorts=[(one, visit.text(f"{kind.name}_sort_{one}")) for one in kind.sorts],
        municipalities=catalogue.branch_choices(visit.language),
        shows_open=search["status"] == OPEN,
        **(page_links(visit, page) if page else NO_LINKS),
    )


def _states(kind: OfferingKind, language: str) -> list[tuple[str, str]]:
    known = contracts.read("reference/states.yaml")[kind.name]
    return [(one, known[one][language]) for one in kind.statuses]


def _tone_of(kind: OfferingKind, state: str) -> str:
    return tone_of_state(contracts.read("reference/states.yaml")[kind.name][state]["tone"])


def show_offering(visit: Visit, kind: OfferingKind, number: str) -> flask.Response:
    """GET /tenders/{number}, GET /auctions/{number}."""
    offering = read_offering(visit, kind, number)
    return visit.render(
        "offering.html",
        kind=kind,
        offering=offering,
        tone=_tone_of(kind, offering["status"]),
        takes_questions=takes_questions(visit, offering),
        files_at="/tenders/files",
        former=former_documents(offering),
        may_file=False,
        was_followed="followed" in visit.query,
    )


def open_link(visit: Visit, number: str) -> flask.Response:
    """GET /t/{number}: the short address in the texts to followers."""
    return visit.see_other(f"{kind_of_number(require_number(number)).path}/{number}")


def send_file(visit: Visit, file_id: UUID) -> flask.Response:
    """GET /tenders/files/{id}: a published file of a tender or an auction."""
    path = f"/v1/public/files/{file_id}"
    try:
        found = public_service(visit, SERVICE).get_file(visitor_of(visit), path)
    except ServiceAway:
        raise Problem("service-away") from None
    return send_fetched(visit, require_file(found), f"document-{str(file_id)[-4:]}")


def read_offering(visit: Visit, kind: OfferingKind, number: str) -> Mapping[str, Any]:
    """Returns a published tender or auction. Raises Problem."""
    return public_document(visit, SERVICE, f"{kind.service_path}/{require_number(number)}")


def require_number(number: str) -> str:
    """Returns the number of an offering. Raises Problem for a text that is no such number."""
    if not is_offering_number(number):
        raise Problem("not-found")
    return number


def takes_questions(visit: Visit, offering: Mapping[str, Any]) -> bool:
    """Returns whether the page offers a question: the service has the rule, and refuses a late one."""
    until = datetime.fromisoformat(offering["questions_until"])
    return offering["status"] == OPEN and visit.now < until


def show_question(visit: Visit, kind: OfferingKind, number: str) -> flask.Response:
    """GET /tenders/{number}/question: a question, which is published without its asker."""
    require_number(number)
    return _show_question(visit, kind, number, open_form(visit, _form_of(number)))


def submit_question(visit: Visit, kind: OfferingKind, number: str) -> flask.Response:
    """POST /tenders/{number}/question: asks, and leads to the page of the question."""
    require_number(number)
    typed = read_inputs(visit.form, ("question",))
    keep_form(visit, _form_of(number), typed)
    path = f"{kind.service_path}/{number}/questions"
    try:
        reply = send_once(visit, SERVICE, path, typed)
    except ServiceAway:
        return _show_question(visit, kind, number, typed, is_away=True, status=503)
    if reply.is_problem:
        return _show_question(visit, kind, number, typed, refusal=reply, status=reply.status)
    forget_form(visit, _form_of(number))
    return visit.see_other(f"/tenders/questions/{reply.document['question_id']}")


def _form_of(number: str) -> str:
    return f"question {number}"


def _show_question(
    visit: Visit,
    kind: OfferingKind,
    number: str,
    typed: Mapping[str, str],
    *,
    refusal: Reply | None = None,
    is_away: bool = False,
    status: int = 200,
) -> flask.Response:
    found = faults_of_refusal(refusal, by_field(("question",)))
    return render_step(
        visit,
        "offering_question.html",
        f"{kind.path}/{number}/question",
        status=status,
        kind=kind,
        number=number,
        question=typed.get("question", ""),
        most=QUESTION_SIGNS,
        faults=found,
        is_away=is_away,
    )


def show_asked(visit: Visit, question_id: UUID) -> flask.Response:
    """GET /tenders/questions/{id}: what became of a question. Only its asker has the address."""
    asked = public_document(visit, SERVICE, f"/v1/public/questions/{question_id}")
    path = kind_of_number(asked["number"]).path
    return visit.render("offering_asked.html", asked=asked, address=f"{path}/{asked['number']}")
