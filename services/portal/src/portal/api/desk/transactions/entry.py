"""The registry enters a transaction that arrives at the counter or from another body, and records what its applicant
completes."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import flask

from pages import marks
from pages.site import Visit
from portal.api.asking import answer_or_problem, post
from portal.api.desk.transactions.views import KINDS, facts_of
from portal.api.entry_forms import KEY, Choices, EntryForm, Surroundings, show_form, submit_form
from portal.api.files import post_upload, require_id
from portal.domain import large_forms
from portal.domain.desk_actions import version_of
from portal.domain.entry_form import EntryField, body_of
from portal.domain.transaction_desk import PATH
from portal.domain.transaction_entry import (
    APPLICANTS,
    CHANNELS,
    COMPLETION,
    FIELDS,
    entered_transaction,
)
from portal.domain.transaction_forms import asked_of

_SERVICE, _UPLOADS = "/v1/transactions", "/v1/attachments"


def show_entry(visit: Visit) -> flask.Response:
    """GET /desk/transactions/new."""
    return show_form(visit, _entry(visit))


def submit_entry(visit: Visit) -> flask.Response:
    """POST /desk/transactions/new: enters the transaction, once for each form."""
    return submit_form(visit, _entry(visit))


def _entry(visit: Visit) -> EntryForm:
    def look() -> Surroundings:
        kinds = answer_or_problem(visit, KINDS)["items"]
        lists = {
            "kind": [(one["code"], one[visit.language]) for one in kinds],
            "channel": _choices(visit, "transactions_channel", CHANNELS),
            "applicant_type": _choices(visit, "transactions_applicant", APPLICANTS),
            "confidential": _choices(visit, "transactions_secrecy", ("no", "yes")),
        }
        papers = [paper for one in kinds for paper in one["papers"]]
        return Surroundings(
            lists=lists, papers=_papers(visit, papers), blank={"confidential": "no"}
        )

    return EntryForm(
        name="transaction_entry",
        address=large_forms.COUNTER_TRANSACTIONS,
        post_to=large_forms.COUNTER_TRANSACTIONS,
        back=PATH,
        fields=FIELDS,
        look=look,
        send=lambda typed: post(visit, _SERVICE, entered_transaction(typed), once=typed[KEY]),
        target=lambda made: f"{PATH}/{made['transaction_id']}?done=entry",
        show_answer=partial(_show_number, visit),
        upload=partial(post_upload, visit, _UPLOADS),
    )


def _show_number(visit: Visit, made: Mapping[str, Any]) -> flask.Response | None:
    """Shows the number of a confidential transaction, which only its department reads from now on; None of another."""
    if not made["confidential"] or made["in_charge"]:
        return None
    return visit.render("transactions_entered.html", transaction=made)


def show_completion(visit: Visit, transaction_id: UUID) -> flask.Response:
    """GET /desk/transactions/{id}/actions/complete."""
    return show_form(visit, _completion(visit, transaction_id))


def submit_completion(visit: Visit) -> flask.Response:
    """POST /desk/transactions/completions: records what the applicant completed, once for each form. The path names no
    transaction, because it takes more bytes than other forms."""
    transaction_id = require_id(visit.form.get("transaction_id", ""))
    return submit_form(visit, _completion(visit, transaction_id))


def _completion(visit: Visit, transaction_id: UUID) -> EntryForm:
    own, path = f"{PATH}/{transaction_id}", f"{_SERVICE}/{transaction_id}"

    def look() -> Surroundings:
        transaction = answer_or_problem(visit, path)
        asked = marks.sentence(asked_of(transaction) or "")
        return Surroundings(
            facts=[*facts_of(visit, transaction), (visit.text("my_transaction_asked"), asked)],
            papers=_papers(visit, transaction["missing_papers"]),
            blank={
                "transaction_id": str(transaction_id),
                "version": str(transaction["version"]),
            },
        )

    return EntryForm(
        name="transaction_completion",
        address=f"{own}/actions/complete",
        post_to=large_forms.COUNTER_COMPLETIONS,
        back=own,
        fields=(
            EntryField("transaction_id", "hidden"),
            EntryField("version", "hidden"),
            *COMPLETION,
        ),
        look=look,
        send=lambda typed: post(
            visit,
            f"{path}/complete",
            body_of(COMPLETION, typed),
            once=typed[KEY],
            version=version_of(typed),
        ),
        target=lambda _: f"{own}?done=complete",
        upload=partial(post_upload, visit, _UPLOADS),
        conflicts=("transaction-changed",),
        missing=(404,),
    )


def _papers(visit: Visit, papers: Sequence[Mapping[str, str]]) -> Choices:
    """Returns each paper once, in the order in which the service names them."""
    return list({one["code"]: one[visit.language] for one in papers}.items())


def _choices(visit: Visit, name: str, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(code, visit.text(f"{name}_{code}")) for code in codes]
