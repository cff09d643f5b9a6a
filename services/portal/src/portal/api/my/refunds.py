"""A citizen's refunds: the money that goes back to the citizen, and the account to which it goes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import flask

from pages.marks import arabic, code, moment, sentence
from pages.site import Visit
from portal import catalogue
from portal.api.asking import answer_or_problem, put
from portal.api.entry_forms import KEY, EntryForm, Surroundings, show_form, submit_form
from portal.api.listing import page_links, page_query
from portal.api.paid_subjects import subject_words
from portal.domain import refund_form
from portal.domain.entry_form import body_of

PATH = "/my/refunds"
_SERVICE = "/v1/my/refunds"
_ROWS = 20
Document = Mapping[str, Any]


def show_refunds(visit: Visit) -> flask.Response:
    """GET /my/refunds: newest first."""
    page = answer_or_problem(visit, _SERVICE, page_query(visit, _ROWS))
    return visit.render(
        "my_refunds.html",
        refunds=[
            {
                "address": f"{PATH}/{one['payment_id']}",
                "amount": one["amount"],
                "state": one["state_title"],
                "tone": refund_form.tone_of(one["state"]),
                "wants_account": one["state"] == refund_form.ACCOUNT_WANTED,
                "facts": _facts(one, visit),
            }
            for one in page["items"]
        ],
        **page_links(visit, page),
    )


def show_account(visit: Visit, payment_id: UUID) -> flask.Response:
    """GET /my/refunds/{id}: one refund, and the form for the account while one may be given."""
    return show_form(visit, _form(visit, payment_id))


def submit_account(visit: Visit, payment_id: UUID) -> flask.Response:
    """POST /my/refunds/{id}."""
    return submit_form(visit, _form(visit, payment_id))


def _form(visit: Visit, payment_id: UUID) -> EntryForm:
    address, path = f"{PATH}/{payment_id}", f"{_SERVICE}/{payment_id}"

    def look() -> Surroundings:
        found = answer_or_problem(visit, path)
        state = (visit.text("my_start_state"), found["state_title"][visit.language])
        return Surroundings(
            facts=[_amount(found, visit), state, *_facts(found, visit)],
            is_closed=found["state"] not in refund_form.PAYER_ACTS,
        )

    return EntryForm(
        name="my_refund",
        address=address,
        back=PATH,
        fields=refund_form.ACCOUNT,
        look=look,
        send=lambda typed: put(
            visit, f"{path}/account", body_of(refund_form.ACCOUNT, typed), once=typed[KEY]
        ),
        target=lambda _: f"{address}?done=my_refund",
        done=("my_refund",),
    )


def _facts(refund: Document, visit: Visit) -> list[tuple[str, Any]]:
    """Returns a refund in rows. The account shows its ends alone, as the service answers it."""
    text, why, account = visit.text, refund["why"], refund["account"]
    number, sent_at = refund["subject"]["number"], refund["transferred_at"]
    return [
        (text("my_refund_why"), sentence(why[visit.language]) if why else None),
        (text("money_for"), subject_words(refund["subject"], visit)),
        (text("money_subject_number"), code(number) if number else None),
        (text("money_bill_number"), code(refund["bill_number"]) if refund["bill_number"] else None),
        (text("field_municipality"), catalogue.branch_name(refund["municipality"], visit.language)),
        (text("my_refund_holder"), arabic(refund["holder"])),
        (text("field_iban"), code(account["iban"]) if account else None),
        (text("my_refund_sent_at"), moment(sent_at, visit.language) if sent_at else None),
        (text("field_transfer"), code(refund["transfer"]) if refund["transfer"] else None),
    ]


def _amount(refund: Document, visit: Visit) -> tuple[str, Any]:
    return visit.text("health_amount"), visit.text("riyals", amount=code(refund["amount"]))
