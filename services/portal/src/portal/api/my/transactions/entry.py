"""A citizen enters a transaction with its papers, and completes one that was returned.

What was typed waits, sealed, for a new token; a file that was chosen then has to be chosen again, and the page says so.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, by_field
from pages.site import Visit
from portal import catalogue
from portal.api import saved_forms
from portal.api.asking import answer_of, post
from portal.api.files import post_upload, require_id
from portal.api.form_documents import (
    DOCUMENTS,
    documents_of,
    is_about_files,
    shown_documents,
    upload_of,
)
from portal.api.my.transactions.transactions import PATH, SERVICE
from portal.api.saved_forms import LOST_FILE, FormPage
from portal.domain.form_documents import documents_body
from portal.domain.inputs import read_input, read_whole_number
from portal.domain.transaction_forms import (
    INPUTS,
    asked_of,
    entry_body,
    missing_papers,
    read_entry,
)
from portal.outside.services import ServiceAway

NEW, ANSWERS = f"{PATH}/new", f"{PATH}/answers"
_KINDS, _UPLOADS = "/v1/transaction-kinds", "/v1/my/transaction-attachments"
Typed = Mapping[str, Any]


def show_entry(visit: Visit) -> flask.Response:
    """GET /my/transactions/new: the kinds; with `?kind=` the form, in which a kept form is filled in again."""
    kept = saved_forms.restore(visit) or {}
    blank = {**dict.fromkeys(("municipality", "subject", "establishment", "mobile"), "")}
    typed = {
        "key": str(uuid4()),
        DOCUMENTS: "",
        "kind": visit.query.get("kind", ""),
        **blank,
        **kept,
    }
    try:
        return _show_entry(
            visit,
            typed,
            was_kept=bool(kept),
            lost_file=LOST_FILE in kept,
        )
    except ServiceAway:
        raise Problem("service-away") from None


def submit_entry(visit: Visit) -> flask.Response:
    """POST /my/transactions/new: attaches a file or removes one, or enters the transaction, once for each form."""
    typed: dict[str, Any] = {**read_entry(visit.form), DOCUMENTS: documents_of(visit)}
    page = FormPage(
        address=f"{NEW}?{urlencode({'kind': typed['kind']})}",
        show=partial(_show_entry, visit),
        input_of=by_field((*INPUTS, DOCUMENTS)),
        saved_at=PATH,
        missing=(),
    )
    answer = saved_forms.send(
        visit,
        page,
        typed,
        lambda: post(
            visit,
            SERVICE,
            entry_body(typed, visit.language),
            once=typed["key"],
        ),
        upload=upload_of(visit, typed, partial(post_upload, visit, _UPLOADS)),
        stays=is_about_files(visit),
    )
    if isinstance(answer, flask.Response):
        return answer
    return visit.see_other(f"{PATH}/{answer['transaction_id']}?done=entered")


def _show_entry(
    visit: Visit, typed: Typed, *, is_away: bool = False, **notices: Any
) -> flask.Response:
    """Shows the form of a kind, or the kinds where none is chosen. Raises TokenRefused and ServiceAway."""
    if is_away:
        return _render_entry(visit, typed, kind=None, is_away=True, **notices)
    kinds = [one for one in answer_of(visit, _KINDS)["items"] if one["online"]]
    kind = next((one for one in kinds if one["code"] == typed["kind"]), None)
    if kind is None:
        return visit.render("my_transaction_kinds.html", kinds=kinds)
    return _render_entry(visit, typed, kind=kind, **notices)


def _render_entry(
    visit: Visit,
    typed: Typed,
    *,
    kind: Mapping[str, Any] | None,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    """Renders the form. While the service is away the kind's words are missing, and the form stands alone."""
    empty: dict[str, Any] = {"was_kept": False, "lost_file": False, "is_away": False}
    papers = kind["papers"] if kind else []
    return visit.render(
        "my_transaction_entry.html",
        status=status,
        has_script=True,
        faults=faults,
        typed=typed,
        kind=kind,
        municipalities=catalogue.branch_choices(visit.language),
        documents=shown_documents(visit, typed),
        papers=[(one["code"], one[visit.language]) for one in papers],
        missing=[one[visit.language] for one in missing_papers(papers, typed[DOCUMENTS])],
        **{**empty, **notices},
    )


def show_answer(visit: Visit, transaction_id: UUID) -> flask.Response:
    """GET /my/transactions/{id}/answer: completes a transaction that was returned."""
    kept = saved_forms.restore(visit) or {}
    typed = {"text": "", DOCUMENTS: "", "version": "", "key": str(uuid4()), **kept}
    notices = {"was_kept": bool(kept), "lost_file": LOST_FILE in kept}
    try:
        return _show_answer(visit, transaction_id, typed, **notices)
    except ServiceAway:
        raise Problem("service-away") from None


def submit_answer(visit: Visit) -> flask.Response:
    """POST /my/transactions/answers: attaches a file or removes one, or sends the answer. The path names no
    transaction, because it takes more bytes than other forms."""
    transaction_id = require_id(visit.form.get("transaction_id", ""))
    typed: dict[str, Any] = {
        "text": read_input(visit.form, "text"),
        DOCUMENTS: documents_of(visit),
        "version": read_input(visit.form, "version"),
        "key": read_input(visit.form, "key"),
    }
    own = f"{PATH}/{transaction_id}"
    page = FormPage(
        address=f"{own}/answer",
        show=partial(_show_answer, visit, transaction_id),
        input_of=by_field(("text", DOCUMENTS)),
        saved_at=own,
        missing=(),
    )
    answer = saved_forms.send(
        visit,
        page,
        typed,
        lambda: post(
            visit,
            f"{SERVICE}/{transaction_id}/answer",
            _answer_body(typed),
            once=typed["key"],
            version=read_whole_number(typed["version"]),
        ),
        upload=upload_of(visit, typed, partial(post_upload, visit, _UPLOADS)),
        stays=is_about_files(visit),
    )
    return answer if isinstance(answer, flask.Response) else visit.see_other(f"{own}?done=answered")


def _answer_body(typed: Typed) -> dict[str, Any]:
    return {"text": typed["text"], "documents": documents_body(typed[DOCUMENTS])}


def _show_answer(
    visit: Visit, transaction_id: UUID, typed: Typed, *, is_away: bool = False, **notices: Any
) -> flask.Response:
    """Shows the form beside the transaction as it is now. Raises TokenRefused and ServiceAway."""
    if is_away:
        return _render_answer(visit, transaction_id, typed, None, is_away=True, **notices)
    transaction = answer_of(visit, f"{SERVICE}/{transaction_id}")
    return _render_answer(visit, transaction_id, typed, transaction, **notices)


def _render_answer(
    visit: Visit,
    transaction_id: UUID,
    typed: Typed,
    transaction: Mapping[str, Any] | None,
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    empty: dict[str, Any] = {"was_kept": False, "lost_file": False, "is_away": False}
    papers = transaction["missing_papers"] if transaction else []
    return visit.render(
        "my_transaction_answer.html",
        status=status,
        has_script=True,
        faults=faults,
        typed=typed,
        transaction_id=transaction_id,
        transaction=transaction,
        asked=asked_of(transaction) if transaction else None,
        documents=shown_documents(visit, typed),
        papers=[(one["code"], one[visit.language]) for one in papers],
        **{**empty, **notices},
    )
