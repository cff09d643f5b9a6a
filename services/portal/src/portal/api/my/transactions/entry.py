"""A citizen enters a transaction with its papers, and completes one that was returned.

A file goes to the service with the form in which it's chosen, so that no fault elsewhere loses it. What was typed
waits, sealed, for a new token; a file that was chosen then has to be chosen again, and the page says so.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, faults_of_problem
from pages.site import Visit
from portal import catalogue, queries
from portal.api import areas
from portal.api.asking import ServiceProblem, ask, service_of, token_of
from portal.api.my.transactions.files import attach_file, documents_of, has_file
from portal.api.my.transactions.transactions import PATH, SERVICE
from portal.commands import sessions
from portal.domain.sessions import is_worn_out
from portal.domain.transaction_forms import (
    INPUTS,
    documents_body,
    entry_body,
    missing_papers,
    read_entry,
    write_document,
)
from portal.outside.services import Reply, ServiceAway, TokenRefused

NEW, ANSWERS = f"{PATH}/new", f"{PATH}/answers"
_KINDS = "/v1/transaction-kinds"
_LOST_FILE = "lost_file"
_FILE_INPUTS = {"file": "file", "documents": "file"}
Documents = Sequence[Mapping[str, str]]


def show_entry(visit: Visit) -> flask.Response:
    """GET /my/transactions/new: the kinds; with `?kind=` the form, in which a kept form is filled in again."""
    kept = _kept_form(visit)
    blank = {**dict.fromkeys(("municipality", "subject", "establishment", "mobile"), "")}
    typed = {
        "key": str(uuid4()),
        "kind": visit.query.get("kind", ""),
        **blank,
        **kept.get("typed", {}),
    }
    try:
        return _show_entry(
            visit,
            typed,
            kept.get("documents", ()),
            was_kept=bool(kept),
            lost_file=_LOST_FILE in kept,
        )
    except TokenRefused:
        return areas.end_session(visit, visit.known)
    except ServiceAway:
        raise Problem("service-away") from None


def _kept_form(visit: Visit) -> Mapping[str, Any]:
    with visit.process.database.transaction() as session:
        key = visit.query.get("form", "")
        return queries.saved_form(session, visit.known.session_id, key) or {}


def submit_entry(visit: Visit) -> flask.Response:
    """POST /my/transactions/new: attaches a file or removes one, or enters the transaction, once for each form."""
    typed, documents = read_entry(visit.form), documents_of(visit)
    address = f"{NEW}?{urlencode({'kind': typed['kind']})}"
    if is_worn_out(visit.known.caller.expires_at, visit.now):
        return _keep_and_renew(visit, address, {"typed": typed, "documents": documents})
    try:
        documents, refusal = attach_file(visit, documents)
        if refusal is not None:
            faults = faults_of_problem(refusal.document, _FILE_INPUTS)
            return _show_entry(visit, typed, documents, faults=faults, status=refusal.status)
        if visit.form.get("action") != "send":
            return _show_entry(visit, typed, documents)
        reply = _send(visit, SERVICE, entry_body(typed, documents, visit.language), typed["key"])
        if reply.is_problem:
            faults = faults_of_problem(reply.document, {one: one for one in INPUTS} | _FILE_INPUTS)
            return _show_entry(visit, typed, documents, faults=faults, status=reply.status)
    except TokenRefused:
        return _keep_and_renew(visit, address, {"typed": typed, "documents": documents})
    except ServiceAway:
        return _render_entry(visit, typed, documents, kind=None, is_away=True, status=503)
    return visit.see_other(f"{PATH}/{reply.document['transaction_id']}?done=entered")


def _keep_and_renew(visit: Visit, address: str, form: Mapping[str, Any]) -> flask.Response:
    """Keeps what was typed while a new token is fetched. A file that was chosen is lost."""
    kept = {**form, _LOST_FILE: "yes"} if has_file(visit) else form
    with visit.process.database.transaction() as session:
        key = sessions.save_form(session, visit.known.session_id, kept, visit.now)
    mark = "&" if "?" in address else "?"
    return visit.see_other(f"{address}{mark}form={key}")


def _send(visit: Visit, path: str, body: Mapping[str, Any], once: str | None = None) -> Reply:
    return service_of(visit).post(token_of(visit), path, visit.language, body, once=once or None)


def _show_entry(
    visit: Visit, typed: Mapping[str, str], documents: Documents, **notices: Any
) -> flask.Response:
    """Shows the form of a kind, or the kinds where none is chosen. Raises TokenRefused and ServiceAway."""
    found = ask(visit, _KINDS)
    if found.is_problem:
        raise ServiceProblem(found)
    kinds = [one for one in found.document["items"] if one["online"]]
    kind = next((one for one in kinds if one["code"] == typed["kind"]), None)
    if kind is None:
        return visit.render("my_transaction_kinds.html", kinds=kinds)
    return _render_entry(visit, typed, documents, kind=kind, **notices)


def _render_entry(
    visit: Visit,
    typed: Mapping[str, str],
    documents: Documents,
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
        faults=faults,
        typed=typed,
        kind=kind,
        municipalities=[(code, one[visit.language]) for code, one in catalogue.branches().items()],
        documents=[{**one, "written": write_document(one)} for one in documents],
        papers=[(one["code"], one[visit.language]) for one in papers],
        missing=[one[visit.language] for one in missing_papers(papers, documents)],
        **{**empty, **notices},
    )


def show_answer(visit: Visit, transaction_id: UUID) -> flask.Response:
    """GET /my/transactions/{id}/answer: completes a transaction that was returned."""
    kept = _kept_form(visit)
    typed = {"text": "", **kept.get("typed", {})}
    try:
        return _show_answer(
            visit, transaction_id, typed, kept.get("documents", ()),
            was_kept=bool(kept), lost_file=_LOST_FILE in kept,
        )  # fmt: skip
    except TokenRefused:
        return areas.end_session(visit, visit.known)
    except ServiceAway:
        raise Problem("service-away") from None


def submit_answer(visit: Visit) -> flask.Response:
    """POST /my/transactions/answers: attaches a file or removes one, or sends the answer. The path names no
    transaction, because it takes more bytes than other forms."""
    try:
        transaction_id = UUID(visit.form.get("transaction_id", ""))
    except ValueError:
        raise Problem("not-found") from None
    typed = {"text": visit.form.get("text", "").replace("\r\n", "\n").strip()}
    documents = documents_of(visit)
    own = f"{PATH}/{transaction_id}"
    if is_worn_out(visit.known.caller.expires_at, visit.now):
        return _keep_and_renew(visit, f"{own}/answer", {"typed": typed, "documents": documents})
    try:
        documents, refusal = attach_file(visit, documents)
        if refusal is None and visit.form.get("action") == "send":
            body = {**typed, "documents": documents_body(documents)}
            refusal = _send(visit, f"{SERVICE}/{transaction_id}/answer", body)
            if not refusal.is_problem:
                return visit.see_other(f"{own}?done=answered")
        return _show_answer(visit, transaction_id, typed, documents, refusal=refusal)
    except TokenRefused:
        return _keep_and_renew(visit, f"{own}/answer", {"typed": typed, "documents": documents})
    except ServiceAway:
        return _render_answer(
            visit, transaction_id, typed, documents, None, is_away=True, status=503
        )


def _show_answer(
    visit: Visit,
    transaction_id: UUID,
    typed: Mapping[str, str],
    documents: Documents,
    *,
    refusal: Reply | None = None,
    **notices: Any,
) -> flask.Response:
    """Shows the form beside the transaction as it is now. Raises TokenRefused and ServiceAway."""
    found = ask(visit, f"{SERVICE}/{transaction_id}")
    if found.is_problem:
        raise ServiceProblem(found)
    faults, status = NO_FAULTS, 200
    if refusal is not None:
        faults = faults_of_problem(refusal.document, {"text": "text", **_FILE_INPUTS})
        status = refusal.status
    return _render_answer(
        visit,
        transaction_id,
        typed,
        documents,
        found.document,
        faults=faults,
        status=status,
        **notices,
    )


def _render_answer(
    visit: Visit,
    transaction_id: UUID,
    typed: Mapping[str, str],
    documents: Documents,
    transaction: Mapping[str, Any] | None,
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    empty: dict[str, Any] = {"was_kept": False, "lost_file": False, "is_away": False}
    asked = (
        [one["text"] for one in transaction["history"] if one["action"] == "return"]
        if transaction
        else []
    )
    papers = transaction["missing_papers"] if transaction else []
    return visit.render(
        "my_transaction_answer.html",
        status=status,
        faults=faults,
        typed=typed,
        transaction_id=transaction_id,
        transaction=transaction,
        asked=asked[-1] if asked else None,
        documents=[{**one, "written": write_document(one)} for one in documents],
        papers=[(one["code"], one[visit.language]) for one in papers],
        **{**empty, **notices},
    )
