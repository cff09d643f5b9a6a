"""Operations of citizens: the money that goes back to them, and the account to which it goes."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.access.persons import acts_for, persons_of
from chassis.call import page_of
from payments import limits, queries
from payments.api import views
from payments.api.views import View
from payments.commands.accounts import give_account
from payments.context import Call
from payments.domain.refunds import Payer, read_iban
from payments.models import Payment


def list_my_refunds(call: Call, limit: int, cursor: str | None = None) -> View:
    page = queries.list_my_refunds(call.session, _payer(call), page_of(call, limit, cursor))
    return {"items": _refunds(call, page.rows), "next_cursor": page.next_cursor}


def get_my_refund(call: Call, payment_id: str) -> View:
    row = queries.my_refund(call.session, _payer(call), payment_id)
    return _refunds(call, [row])[0]


def give_refund_account(call: Call, payment_id: str, body: Mapping[str, Any]) -> View:
    payer, iban = _payer(call), read_iban(body["iban"])  # a slip of the pen uses up no limit
    call.charge_caller(limits.accounts_of_citizen(call.settings))
    row = give_account(call.work, payer, payment_id, iban)
    return _refunds(call, [row])[0]


def _payer(call: Call) -> Payer:
    """Returns the caller as a payer. Raises NoCitizen."""
    person = persons_of(call.session).open(call.actor)
    return Payer(person.id_number, acts_for(call.actor))


def _refunds(call: Call, rows: Sequence[Payment]) -> list[View]:
    bills = queries.bills_with_payers(call.session, rows)
    decisions = queries.unreplaced_decisions(call.session, rows)
    return [
        views.my_refund(row, bills[str(row.bill_id)], decisions[row.payment_id]) for row in rows
    ]
