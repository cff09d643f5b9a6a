"""The forms of tenders and leases with fields of their own: draft, amendment, opening, and the reply to a question."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import flask

from chassis.core.refusals import InvalidFields
from chassis.http.problems import Problem, as_problem
from pages import marks
from pages.site import Visit
from portal import catalogue
from portal.api.asking import answer_or_problem, post, put
from portal.api.desk.tenders.views import choices_of, facts_of
from portal.api.entry_forms import KEY, EntryForm, Surroundings, show_form, submit_form
from portal.domain import tender_forms
from portal.domain.desk_actions import version_of
from portal.domain.entry_form import EntryField, body_of
from portal.domain.tender_desk import ANSWER, DISMISS, DeskKind, bid_rows
from portal.outside.services import Reply

Offering = Mapping[str, Any]
_YES_NO = ("yes", "no")
_METHODS = ("open", "selective", "limited", "direct")


def show_draft(visit: Visit, kind: DeskKind) -> flask.Response:
    """GET /desk/tenders/new, GET /desk/leases/new."""
    return show_form(visit, _draft(visit, kind, tender_forms.document_rows(())))


def submit_draft(visit: Visit, kind: DeskKind) -> flask.Response:
    """POST /desk/tenders/new, POST /desk/leases/new: drafts, once for each form."""
    return submit_form(visit, _draft(visit, kind, tender_forms.sent_documents(visit.form)))


def _draft(visit: Visit, kind: DeskKind, rows: Sequence[bool]) -> EntryForm:
    fields = tender_forms.draft_fields(kind, rows)
    return EntryForm(
        name=f"{kind.name}_draft",
        address=f"{kind.path}/new",
        back=kind.path,
        fields=fields,
        look=lambda: Surroundings(lists=_draft_lists(visit, kind, fields)),
        send=lambda typed: _place_moments(
            visit,
            typed,
            post(visit, kind.service_path, tender_forms.draft_body(kind, typed), once=typed[KEY]),
        ),
        target=lambda made: f"{kind.path}/{made[kind.id_field]}?done=draft",
    )


def _draft_lists(
    visit: Visit, kind: DeskKind, fields: Sequence[EntryField]
) -> dict[str, Sequence[tuple[str, str]]]:
    return {
        "municipality": catalogue.branch_choices(visit.language),
        kind.public.filter: choices_of(visit, f"{kind.name}_sort", kind.public.sorts),
        "method": choices_of(visit, "tenders_method", _METHODS),
        **_document_lists(visit, fields),
    }


def _document_lists(
    visit: Visit, fields: Sequence[EntryField]
) -> dict[str, Sequence[tuple[str, str]]]:
    kinds = choices_of(visit, "tenders_document", tender_forms.DOCUMENT_KINDS)
    return {one.name: kinds for one in fields if one.text == "offering_document_kind"}


def show_edit(visit: Visit, kind: DeskKind, thing_id: UUID) -> flask.Response:
    """GET /desk/tenders/{id}/edit: the draft as it is."""
    offering = _read(visit, kind, thing_id)
    rows = tender_forms.document_rows(offering["documents"])
    return show_form(visit, _edit(visit, kind, thing_id, rows))


def submit_edit(visit: Visit, kind: DeskKind, thing_id: UUID) -> flask.Response:
    """POST /desk/tenders/{id}/edit."""
    rows = tender_forms.sent_documents(visit.form)
    return submit_form(visit, _edit(visit, kind, thing_id, rows))


def _edit(visit: Visit, kind: DeskKind, thing_id: UUID, rows: Sequence[bool]) -> EntryForm:
    fields = tender_forms.draft_fields(kind, rows)

    def look(offering: Offering) -> Surroundings:
        return Surroundings(
            lists=_draft_lists(visit, kind, fields),
            blank=tender_forms.typed_draft(kind, offering),
        )

    path = f"{kind.service_path}/{thing_id}"
    return _form_of(
        visit, kind, thing_id, "edit", fields, look=look,
        send=lambda typed: _place_moments(
            visit,
            typed,
            put(
                visit,
                path,
                tender_forms.draft_body(kind, typed),
                once=typed[KEY],
                version=version_of(typed),
            ),
        ),
    )  # fmt: skip


def show_amendment(visit: Visit, kind: DeskKind, thing_id: UUID) -> flask.Response:
    """GET /desk/tenders/{id}/amend."""
    offering = _read(visit, kind, thing_id)
    rows = tender_forms.document_rows(offering["documents"])
    return show_form(visit, _amendment(visit, kind, thing_id, rows))


def submit_amendment(visit: Visit, kind: DeskKind, thing_id: UUID) -> flask.Response:
    """POST /desk/tenders/{id}/amend: publishes a new edition; the editions before stay."""
    rows = tender_forms.sent_documents(visit.form)
    return submit_form(visit, _amendment(visit, kind, thing_id, rows))


def _amendment(visit: Visit, kind: DeskKind, thing_id: UUID, rows: Sequence[bool]) -> EntryForm:
    fields = tender_forms.amend_fields(rows)

    def look(offering: Offering) -> Surroundings:
        return Surroundings(
            facts=facts_of(visit, offering),
            lists=_document_lists(visit, fields),
            blank=tender_forms.typed_amendment(offering),
        )

    path = f"{kind.service_path}/{thing_id}/amend"
    return _form_of(
        visit, kind, thing_id, "amend", fields, look=look,
        send=lambda typed: _place_moments(
            visit,
            typed,
            post(
                visit,
                path,
                tender_forms.amend_body(typed),
                once=typed[KEY],
                version=version_of(typed),
            ),
        ),
    )  # fmt: skip


def _place_moments(visit: Visit, typed: Mapping[str, str], reply: Reply) -> Reply:
    """Returns a refusal with the fault of a moment at its day or its time, in words for who types them: the service
    knows the moment as one text."""
    if not reply.document.get("errors"):
        return reply
    errors: list[Any] = []
    moments = tender_forms.typed_moments(typed)
    for error in reply.document["errors"]:
        is_typed = error["field"] in moments
        faults = tender_forms.moment_faults(error["field"], typed) if is_typed else ()
        own = as_problem(InvalidFields(faults)).document(visit.language) if faults else {}
        errors += own.get("errors", [error])
    return replace(reply, document={**reply.document, "errors": errors})


def show_opening(visit: Visit, kind: DeskKind, thing_id: UUID) -> flask.Response:
    """GET /desk/tenders/{id}/open: a part for each bid that was received."""
    receipts = bid_rows(_read(visit, kind, thing_id))
    return show_form(visit, _opening(visit, kind, thing_id, receipts))


def submit_opening(visit: Visit, kind: DeskKind, thing_id: UUID) -> flask.Response:
    """POST /desk/tenders/{id}/open."""
    receipts = tender_forms.sent_receipts(visit.form)
    return submit_form(visit, _opening(visit, kind, thing_id, receipts))


def _opening(visit: Visit, kind: DeskKind, thing_id: UUID, receipts: Sequence[str]) -> EntryForm:
    fields = tender_forms.opening_fields(receipts)
    verdicts = choices_of(visit, "desk_tender_accepted", _YES_NO)

    def look(offering: Offering) -> Surroundings:
        return Surroundings(
            facts=facts_of(visit, offering),
            lists={one.name: verdicts for one in fields if one.kind == "choice"},
            blank=tender_forms.typed_opening(receipts),
        )

    path = f"{kind.service_path}/{thing_id}/open"
    return _form_of(
        visit, kind, thing_id, "open", fields, look=look,
        send=lambda typed: post(
            visit, path, tender_forms.opening_body(receipts, typed), once=typed[KEY]
        ),
    )  # fmt: skip


def show_reply(
    visit: Visit, kind: DeskKind, thing_id: UUID, question_id: UUID, reply: str
) -> flask.Response:
    """GET /desk/tenders/{id}/questions/{id}/answer, …/dismiss."""
    return show_form(visit, _reply(visit, kind, thing_id, question_id, reply))


def submit_reply(
    visit: Visit, kind: DeskKind, thing_id: UUID, question_id: UUID, reply: str
) -> flask.Response:
    """POST …/answer: publishes question and answer in words that name nobody. POST …/dismiss: the asker alone reads the
    reason."""
    return submit_form(visit, _reply(visit, kind, thing_id, question_id, reply))


_REPLIES = {ANSWER: tender_forms.ANSWER_FIELDS, DISMISS: tender_forms.DISMISSAL_FIELDS}


def _reply(
    visit: Visit, kind: DeskKind, thing_id: UUID, question_id: UUID, reply: str
) -> EntryForm:
    if reply not in _REPLIES:
        raise Problem("not-found")
    own, path = f"{kind.path}/{thing_id}", f"{kind.service_path}/{thing_id}/questions"
    fields = _REPLIES[reply]

    def look() -> Surroundings:
        asked = _find_question(visit, path, question_id)
        return Surroundings(
            facts=[
                (visit.text("tenders_question"), marks.sentence(asked["asked"] or "")),
                (visit.text("tenders_asked_at"), marks.moment(asked["asked_at"], visit.language)),
            ],
            lists={
                "dismissal": choices_of(visit, "desk_tender_dismissal", tender_forms.DISMISSALS)
            },
            blank={"question": asked["question"] or asked["asked"] or ""},
        )

    return EntryForm(
        name=f"offering_{reply}",
        address=f"{own}/questions/{question_id}/{reply}",
        back=own,
        fields=fields,
        look=look,
        send=lambda typed: post(
            visit, f"{path}/{question_id}/{reply}", body_of(fields, typed), once=typed[KEY]
        ),
        target=lambda _: f"{own}?done={reply}",
    )


def _find_question(visit: Visit, path: str, question_id: UUID) -> Mapping[str, Any]:
    """Returns a question of an offering. Raises Problem."""
    for one in answer_or_problem(visit, path)["items"]:
        if one["question_id"] == str(question_id):
            found: Mapping[str, Any] = one
            return found
    raise Problem("not-found")


def _read(visit: Visit, kind: DeskKind, thing_id: UUID) -> Offering:
    offering: Offering = answer_or_problem(visit, f"{kind.service_path}/{thing_id}")
    return offering


def _form_of(
    visit: Visit,
    kind: DeskKind,
    thing_id: UUID,
    name: str,
    fields: tuple[EntryField, ...],
    *,
    look: Callable[[Offering], Surroundings],
    send: Callable[[Mapping[str, str]], Reply],
) -> EntryForm:
    """Returns the form of a step of an offering, which leads back to the offering."""
    own = f"{kind.path}/{thing_id}"
    return EntryForm(
        name=f"offering_{name}",
        address=f"{own}/{name}",
        back=own,
        fields=fields,
        look=lambda: look(_read(visit, kind, thing_id)),
        send=send,
        target=lambda _: f"{own}?done={name}",
        conflicts=("offering-changed",),
    )


# Step of an offering → how its form is shown and sent.
STEPS = {
    "edit": (show_edit, submit_edit),
    "amend": (show_amendment, submit_amendment),
    "open": (show_opening, submit_opening),
}
