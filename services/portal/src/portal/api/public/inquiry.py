"""The inquiry: one page for every kind of number.

A number and a second fact come by POST and are answered at once, so neither ever stands in an address, a referrer or a
log. A number that doesn't exist and a wrong second fact get the same answer.
"""

from collections.abc import Mapping
from typing import Any

import flask

from chassis.core.refusals import InvalidFields
from chassis.core.states import state
from chassis.http.problems import Problem, as_problem
from pages.forms import NO_FAULTS, Faults, by_field, place_faults
from pages.marks import tone_of_state
from pages.site import Visit
from portal import catalogue, limits, queries
from portal.api.asking import ServiceProblem
from portal.api.public.asking import visitor_of
from portal.api.public.forms import keep_cookie
from portal.domain.inputs import read_inputs
from portal.domain.inquiry_form import (
    INPUTS,
    KINDS,
    Kind,
    kinds_by_shape,
    read_question,
    read_report_code,
)
from portal.domain.inquiry_things import Answer
from portal.domain.offerings import AUCTIONS, TENDERS
from portal.outside.services import ServiceAway
from saudi.days import legal_day

QUESTION_LINK = "/inquiry/question"
_OF_REPORT = "/inquiry?kind=report"
_OWN_PAGES = {
    "transaction": "/my/transactions",
    "licence_application": "/my/licences/applications",
    "violation": "/my/licences/violations",
    "health_certificate_request": "/my/health/requests",
}
_APPOINTMENT_PAGE = "/appointments/open"  # opens with number and mobile
_PUBLIC_PAGES = {"tender": TENDERS.path, "auction": AUCTIONS.path}
_NOTHING = {"number": "", "municipality": "", "proof": ""}


def show_inquiry(visit: Visit) -> flask.Response:
    """GET /inquiry: the kinds; with a kind, its form."""
    code = visit.query.get("kind")
    if code is None:
        return visit.render("inquiry.html", groups=catalogue.kinds_by_group())
    return _show_form(visit, _kind_of(code), _NOTHING, has_sent="sent" in visit.query)


def submit_inquiry(visit: Visit) -> flask.Response:
    """POST /inquiry: answers with the thing, or says that number and second fact lead to nothing."""
    kind, typed = _kind_of(visit.form.get("kind", "")), read_inputs(visit.form, INPUTS)
    if code := read_report_code(kind, typed):
        return _answer_by_code(visit, kind, typed, code)
    try:
        question = read_question(kind, typed, catalogue.branches())
    except InvalidFields as refusal:
        named = as_problem(refusal).document(visit.language)
        faults = place_faults(named, by_field(INPUTS))
        return _show_form(visit, kind, typed, faults=faults, status=400)
    settings, now = visit.process.settings, visit.now
    visit.process.quotas.charge(
        limits.of_inquiry(question, visit.source, settings), now=now.timestamp()
    )
    with visit.process.database.driver_connection() as connection:
        answers = queries.answer_question(
            connection, question, settings.inquiry_ring, today=legal_day(now)
        )
    if not answers:
        return _show_form(visit, kind, typed, is_unknown=True, status=404)
    shown = [_describe_answer(visit, one) for one in answers]
    return visit.render(
        "inquiry_answer.html",
        kind=kind.code,
        answers=shown,
        proof=typed["proof"],
        **_ways_back(visit, kind),
    )


def send_question_link(visit: Visit) -> flask.Response:
    """POST /inquiry/question: lets `reports` send the link of a question to the report's mobile. The page says the same
    to everybody, because the text alone tells whether a question waits."""
    typed = read_inputs(visit.form, INPUTS)
    reports = visit.process.resources.public_reports
    try:
        reply = reports.send_question_link(visitor_of(visit), typed["number"], typed["proof"])
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.is_problem:
        raise ServiceProblem(reply)
    return visit.see_other(f"{_OF_REPORT}&sent")


def _ways_back(visit: Visit, kind: Kind) -> dict[str, Any]:
    """Returns the ways from an answer, which has no address of its own."""
    again = f"/inquiry?kind={kind.code}"
    return {"again": again, "toggle": f"{again}&lang={'en' if visit.language == 'ar' else 'ar'}"}


def _answer_by_code(
    visit: Visit, kind: Kind, typed: Mapping[str, str], code: str
) -> flask.Response:
    """Answers with the report of somebody who has the code of 940. `reports` counts the tries."""
    reports = visit.process.resources.public_reports
    try:
        reply = reports.inquire(visitor_of(visit), typed["number"], code)
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.status == 404:
        return _show_form(visit, kind, typed, is_unknown=True, status=404)
    if reply.status == 400:
        faults = place_faults(
            reply.document, by_field({"report_number": "number", "code": "proof"})
        )
        return _show_form(visit, kind, typed, faults=faults, status=400)
    if reply.is_problem:
        raise ServiceProblem(reply)
    tone = tone_of_state(reply.document["tone"])
    return visit.render(
        "inquiry_report.html", report=reply.document, tone=tone, **_ways_back(visit, kind)
    )


def _describe_answer(visit: Visit, answer: Answer) -> dict[str, Any]:
    """Returns what the template shows of an answer, in the words of states.yaml."""
    language, now = visit.language, state(answer.kind, answer.status)
    return {
        "answer": answer,
        "status": now.words.pair()[language],
        "next": now.next.pair()[language],
        "tone": tone_of_state(now.tone),
        "branch": catalogue.branches()[answer.municipality][language],
        "actor": visit.words_of("actor", _actor_of(answer)),
        "due_label": visit.text(_due_label(answer.kind)),
        "department": _read_name(answer, "department", language),
        "service": _read_name(answer, "service_name", language),
        "own_page": _own_page_of(answer),
        "public_page": _public_page_of(answer),
        "steps": [
            {"day": step.day, "status": state(answer.kind, step.status).words.pair()[language]}
            for step in answer.steps
        ],
    }


def _actor_of(answer: Answer) -> str:
    """Returns who acts next. On a public offering that's whoever bids, and not the reader."""
    is_bidding = answer.kind in _PUBLIC_PAGES and answer.next_step == "applicant"
    return "bidders" if is_bidding else answer.next_step


def _read_name(answer: Answer, name: str, language: str) -> str | None:
    words: str | None = answer.details.get(name if language == "ar" else f"{name}_en")
    return words


def _own_page_of(answer: Answer) -> str | None:
    """Returns the page on which the person does what is theirs to do."""
    if answer.next_step not in ("applicant", "payment") or answer.kind not in _OWN_PAGES:
        return None
    return f"{_OWN_PAGES[answer.kind]}/{answer.thing_id}"


def _public_page_of(answer: Answer) -> str | None:
    """Returns the page that needs no account: of a public offering, or that which opens an appointment ahead."""
    if answer.kind == "appointment":
        return _APPOINTMENT_PAGE if answer.next_step == "applicant" else None
    path = _PUBLIC_PAGES.get(answer.kind)
    return None if path is None else f"{path}/{answer.number}"


def _due_label(kind: str) -> str:
    named = {"appointment": "due_appointment", "violation": "due_violation"}
    return named.get(kind, "tenders_bids_until" if kind in _PUBLIC_PAGES else "due")


def _show_form(
    visit: Visit,
    kind: Kind,
    typed: Mapping[str, str],
    *,
    faults: Faults = NO_FAULTS,
    is_unknown: bool = False,
    has_sent: bool = False,
    status: int = 200,
) -> flask.Response:
    offered = catalogue.kinds_with_words()
    response = visit.render(
        "inquiry_form.html",
        status=status,
        kind=kind,
        typed=typed,
        faults=faults,
        is_unknown=is_unknown,
        likely=[one for one in kinds_by_shape(kind, typed["number"]) if one in offered],
        has_sent=has_sent,
        proof_label=_proof_label(kind),
        branches=catalogue.branch_choices(visit.language),
    )
    return keep_cookie(visit, response)


def _proof_label(kind: Kind) -> str:
    """Returns the name of the text that says what the second fact is: `proof_mobile`, `proof_mobile_person_id`. A
    report may have a code besides."""
    if kind.code == "report":
        return "proof_report"
    return "_".join(("proof", *kind.proofs))


def _kind_of(code: str) -> Kind:
    if code not in KINDS or code not in catalogue.kinds_with_words():
        raise Problem("not-found")
    return KINDS[code]
