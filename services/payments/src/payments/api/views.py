"""The shapes of this service's answers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chassis.core import contracts
from chassis.core.times import rfc3339
from chassis.data.aggregates import JournalEntry
from payments.domain.bills import OPEN
from payments.domain.bills import Status as BillStatus
from payments.domain.decisions import DecisionStatus
from payments.domain.payments import Status, refund_wish, shows_payer
from payments.domain.refunds import GIVE_ACCOUNT, RefundState, refund_state
from payments.models import Attempt, Bill, Decision, Difference, Payment, Reconciliation
from saudi.bank_accounts import mask_iban
from saudi.bilingual import Bilingual
from saudi.formats import with_hijri
from saudi.ids import mask_id
from saudi.money import riyals

View = dict[str, Any]
_RETURNED = Bilingual(
    "أعاد البنك التحويل إلى الحساب السابق", "The bank returned the transfer to the earlier account"
)
_REFUSED = Bilingual(
    "لم تُقبل بيانات الحساب السابق؛ أدخلوا حسابًا آخر أو راجعوا صندوق البلدية",
    "The earlier account wasn't accepted; give another one, or see the municipality's cashier",
)
_KINDS = {
    "unnoticed": ("ورد في كشف البنك ولم يصل إشعار", "Settled by the bank, and no notice came"),
    "unsettled": ("وصل الإشعار ولم يرد في كشف البنك", "Told of, and not settled by the bank"),
    "amount": ("المبلغان مختلفان", "The amounts differ"),
    "bill": ("رقما الفاتورة مختلفان", "The bills' numbers differ"),
    "twice": ("ورد في كشف البنك أكثر من مرة", "Settled by the bank more than once"),
    "in-suspense": ("المبلغ معلق وينتظر قرارًا", "The money waits for a decision"),
    "dismissed-settled": (
        "استُبعد الإشعار ثم ورد في كشف البنك",
        "Dismissed, and settled by the bank all the same",
    ),
    "told-differently": ("إشعارات المبلغ مختلفة", "The notices of the payment differ"),
}


def bill(row: Bill) -> View:
    record = {
        **row.record(),
        "amount": riyals(row.amount_halalas),
        "being_cancelled": row.ending is not None and BillStatus(row.status) in OPEN,
    }
    return with_hijri(record, {"due_on"})


def bill_details(
    row: Bill,
    attempts: Iterable[Attempt],
    payments: Sequence[Payment],
    entries: Iterable[JournalEntry],
    *,
    language: str,
) -> View:
    money = [(one.status, one.refund_wanted) for one in payments]
    return {
        **bill(row),
        "lines": row.lines,
        "payer": _payer(row.payer) if shows_payer(row.subject_type, money) else None,
        "attempts": [one.record() for one in attempts],
        "payments": [payment(one, language) for one in payments],
        "history": history(entries),
    }


def payment(row: Payment, language: str) -> View:
    return {
        **row.record(),
        "reference": row.reference,
        "bill_number": row.bill_number,
        "municipality": row.municipality,
        "amount": riyals(row.amount_halalas),
        "why": _words_for(row.reason, language),
        "method": row.method,
        "refund_wanted": row.refund_wanted,
        "refund_why": refund_wish(row.refund_wanted).pair() if row.refund_wanted else None,
        "transfer": row.transfer,
        "transfer_returned_at": (
            rfc3339(row.transfer_returned_at) if row.transfer_returned_at else None
        ),
        "payer_account": _payer_account(row),
        "received_at": rfc3339(row.received_at),
    }


def my_refund(row: Payment, bill: Bill, decisions: Sequence[Decision]) -> View:
    """`decisions`: those of the payment but the replaced ones."""
    state = refund_state(
        Status(row.status),
        is_returned=row.is_returned,
        has_proposal=any(one.status == DecisionStatus.PROPOSED for one in decisions),
        has_account=row.account_iban is not None,
    )
    went = state is RefundState.TRANSFERRED
    return {
        "payment_id": row.payment_id,
        "bill_number": row.bill_number,
        "subject": bill.subject(),
        "municipality": bill.municipality,
        "amount_halalas": row.amount_halalas,
        "currency": "SAR",
        "amount": riyals(row.amount_halalas),
        "why": _why_back(row, state, decisions),
        "state": state.value,
        "state_title": _refund_titles()[state],
        "holder": bill.payer_name,
        "account": _account_of_refund(row, decisions),
        "transfer": row.transfer if went else None,
        "transferred_at": rfc3339(row.ended_at) if went and row.ended_at else None,
    }


def _account_of_refund(row: Payment, decisions: Sequence[Decision]) -> View | None:
    """Returns the account to which the money goes as things stand: of the proposed refund, or else the one that the
    payer gave, or else of the agreed refund. A returned transfer shows that its account takes nothing."""
    accounts = {one.status: (one.iban, one.holder) for one in decisions if one.iban}
    if row.status == Status.REFUNDED and row.is_returned:
        accounts.pop(DecisionStatus.APPROVED.value, None)
    iban, holder = (
        accounts.get(DecisionStatus.PROPOSED.value)
        or (row.account_iban and (row.account_iban, row.account_holder))
        or accounts.get(DecisionStatus.APPROVED.value)
        or (None, None)
    )
    return {"iban": mask_iban(iban), "holder": holder} if iban else None


def _why_back(row: Payment, state: RefundState, decisions: Sequence[Decision]) -> View | None:
    """Returns why the money goes back, or why another account is wanted. Returns None once nothing is to be told."""
    if row.is_returned and row.status == Status.REFUNDED:
        return _RETURNED.pair()
    refused = [
        one for one in decisions if one.account_given_by and one.status == DecisionStatus.REJECTED
    ]
    if refused and state is RefundState.ACCOUNT_WANTED:
        return _REFUSED.pair()
    if row.refund_wanted:
        return refund_wish(row.refund_wanted).pair()
    words = contracts.problem_types()["types"]["bill-not-payable"]["codes"].get(row.reason)
    return words and {language: words[language] for language in ("ar", "en")}


def _refund_titles() -> dict[str, Any]:
    schemas = contracts.openapi("payments")["components"]["schemas"]
    titles: dict[str, Any] = schemas["MyRefund"]["properties"]["state"]["x-titles"]
    return titles


def _payer_account(row: Payment) -> View | None:
    if row.account_iban is None or row.account_given_at is None:
        return None
    return {
        "iban": mask_iban(row.account_iban),
        "holder": row.account_holder,
        "given_at": rfc3339(row.account_given_at),
        "given_by": row.account_given_by,
    }


def decision(row: Decision, payment: Payment, *, whole: bool = False) -> View:
    """`payment`: the money that the decision is about. `whole`: the full IBAN, for the person who pays the refund
    out."""
    iban = row.iban if row.iban is None or whole else mask_iban(row.iban)
    return {
        "decision_id": row.decision_id,
        "payment_id": row.payment_id,
        "kind": row.kind,
        "bill_id": row.bill_id,
        "iban": iban,
        "holder": row.holder,
        "account_given_by": row.account_given_by,
        "reason": row.reason,
        "status": row.status,
        "amount_halalas": payment.amount_halalas,
        "amount": riyals(payment.amount_halalas),
        "bill_number": payment.bill_number,
        "municipality": payment.municipality,
        "proposed_by": row.proposed_by,
        "proposed_by_name": row.proposed_by_name,
        "proposed_at": rfc3339(row.proposed_at),
        "decided_by": row.decided_by,
        "decided_by_name": row.decided_by_name,
        "decided_at": rfc3339(row.decided_at) if row.decided_at else None,
        "note": row.note,
    }


def reconciliation(row: Reconciliation) -> View:
    record = {
        "source": row.source,
        "day": row.day.isoformat(),
        "made_at": rfc3339(row.made_at),
        "made_by": row.made_by,
        "lines": row.lines,
        "lines_amount": riyals(row.lines_halalas),
        "payments": row.payments,
        "payments_amount": riyals(row.payments_halalas),
        "matched": row.matched,
        "differences": row.differences,
    }
    return with_hijri(record, {"day"})


def reconciliation_details(
    row: Reconciliation,
    found: Iterable[Difference],
    entries: Iterable[JournalEntry],
    *,
    language: str,
) -> View:
    return {
        **reconciliation(row),
        "found": [_difference(one, language) for one in found],
        "history": history(entries),
    }


def history(entries: Iterable[JournalEntry]) -> list[View]:
    """Returns the journal, oldest first. Who gave an account stands in the journal alone: the subject of a citizen
    would tell which other money is of the same person, also where staff doesn't read who pays."""
    found = [{"at": rfc3339(one.at), **one.record()} for one in entries]
    return [{**one, "subject": None} if one["action"] == GIVE_ACCOUNT else one for one in found]


def _difference(row: Difference, language: str) -> View:
    arabic, english = _KINDS[row.kind]
    return {
        "kind": row.kind,
        "kind_words": english if language == "en" else arabic,
        "reference": row.reference,
        "bill_number": row.bill_number,
        "line_amount": None if row.line_halalas is None else riyals(row.line_halalas),
        "payment_amount": None if row.payment_halalas is None else riyals(row.payment_halalas),
        "payment_id": row.payment_id,
    }


def _payer(found: Mapping[str, Any] | None) -> View | None:
    return {**found, "id_number": mask_id(found["id_number"])} if found else None


def _words_for(reason: str | None, language: str) -> str | None:
    """Returns the words for a suspense, which are the words of a refusal at the counter."""
    codes = contracts.problem_types()["types"]["bill-not-payable"]["codes"]
    return codes[reason][language] if reason in codes else None
