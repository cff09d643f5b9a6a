"""What the desk shows of bills, money and decisions. Why money waits, and what differs, come from the service in words;
names of states from the texts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pages.marks import arabic, code, day, moment, sentence
from pages.site import Visit
from portal.api.desk.journal import JournalEntry
from portal.api.paid_subjects import subject_words
from portal.catalogue import branch_name
from saudi.text import search_key

Document = Mapping[str, Any]
Facts = list[tuple[str, Any]]
_TONES = {
    "registered": "info", "requested": "info", "settled": "success", "refused": "error", "cancelled": "error",
    "expired": "error", "suspended": "warning", "refunding": "warning", "refunded": "success", "dismissed": "error",
    "proposed": "warning", "approved": "success", "rejected": "error",
}  # fmt: skip


def tone(status: str) -> str:
    """Returns the tone of a state's tag."""
    return _TONES.get(status, "neutral")


def bill_row(bill: Document, visit: Visit) -> dict[str, Any]:
    """Returns a bill as a row: its number, what it's for, amount, last day, state."""
    return {
        "address": f"/desk/payments/bills/{bill['bill_id']}",
        "number": bill["bill_number"],
        "subject": subject_words(bill["subject"], visit),
        "subject_number": bill["subject"]["number"],
        "municipality": branch_name(bill["municipality"], visit.language),
        "amount": bill["amount"],
        "due_on": bill["due_on"],
        "status": visit.words_of("bill_status", bill["status"]),
        "tone": tone(bill["status"]),
    }


def bill_facts(bill: Document, visit: Visit) -> Facts:
    """Returns a bill in rows, for its page and for the form at the counter. A payer who isn't shown is left out."""
    text, payer, number = visit.text, bill["payer"], bill["subject"]["number"]
    return [
        (text("money_bill_number"), code(bill["bill_number"]) if bill["bill_number"] else text("my_bill_waits")),
        (text("health_biller"), code(bill["biller_code"]) if bill["biller_code"] else None),
        (text("health_amount"), _riyals(bill["amount"], visit)),
        (text("money_for"), subject_words(bill["subject"], visit)),
        (text("money_subject_number"), code(number) if number else None),
        (text("money_payer"), arabic(payer["name"]) if payer else None),
        (text("money_payer_number"), code(payer["id_number"]) if payer else None),
        (text("field_municipality"), branch_name(bill["municipality"], visit.language)),
        (text("money_due_on"), day(bill["due_on"], visit.language)),
        (text("money_status"), visit.words_of("bill_status", bill['status'])),
    ]  # fmt: skip


def payment_row(payment: Document, visit: Visit) -> dict[str, Any]:
    """Returns a payment as a row: when, how much, for which bill, its state and why it waits."""
    wanted, channel = payment["refund_why"], visit.words_of("money_source", payment["channel"])
    town = branch_name(payment["municipality"], visit.language) if _is_receipt(payment) else None
    return {
        "address": f"/desk/payments/money/{payment['payment_id']}",
        "reference": _number(payment),
        "paid_at": payment["paid_at"],
        "amount": payment["amount"],
        "bill_number": payment["bill_number"],
        "channel": f"{channel}{visit.text('comma')} {town}" if town else channel,
        "status": visit.words_of("payment_status", payment["status"]),
        "tone": tone(payment["status"]),
        "is_returned": payment["transfer_returned_at"] is not None,
        "has_account": payment["payer_account"] is not None,
        "why": payment["why"] or (wanted[visit.language] if wanted else None),
    }


def payment_title(payment: Document, visit: Visit, *, mark: Callable[[str], Any] = str) -> str:
    """Returns the title of a payment: a receipt by its number as the cashier typed it and the municipality, other
    money by the bill system's number. `mark` marks the number for a heading."""
    number = mark(_number(payment))
    if not _is_receipt(payment):
        return visit.text("money_payment_title", number=number)
    town = branch_name(payment["municipality"], visit.language)
    return visit.text("money_receipt_title", number=number, municipality=town)


def receipt_facts(payment: Document, bill: Document | None, visit: Visit) -> Facts:
    """Returns the facts of a payment for its page, with payer and purpose as far as its bill tells them, and with the
    cashier who took the money."""
    facts = payment_facts(payment, visit)
    if bill is not None:
        purpose, payer = _purpose_and_payer(bill, visit)
        facts += [(visit.text("money_for"), purpose), (visit.text("money_payer"), payer)]
    if _is_receipt(payment):
        took = [one["name"] for one in payment["history"] if one["action"] == "settle"]
        facts += [(visit.text("money_taken_by"), arabic(one)) for one in took[:1] if one]
    return facts


def payment_facts(payment: Document, visit: Visit) -> Facts:
    """Returns a payment in rows, for its page, its receipt and the forms about it."""
    text, language, wanted = visit.text, visit.language, payment["refund_why"]
    method, returned = payment["method"], payment["transfer_returned_at"]
    account = payment["payer_account"]
    reference = "field_receipt" if _is_receipt(payment) else "money_reference"
    transfer = "money_returned_transfer" if returned else "field_transfer"
    return [
        (text(reference), code(_number(payment))),
        (text("health_amount"), _riyals(payment["amount"], visit)),
        (text("money_channel"), visit.words_of("money_source", payment['channel'])),
        (text("field_method"), visit.words_of("money_method", method) if method else None),
        (text("money_bill_number"), code(payment["bill_number"]) if payment["bill_number"] else None),
        (text("field_municipality"), branch_name(payment["municipality"], visit.language)),
        (text("money_paid_at"), moment(payment["paid_at"], language)),
        (text("money_settled_at"), moment(payment["settled_at"], language) if payment["settled_at"] else None),
        (text("money_status"), visit.words_of("payment_status", payment['status'])),
        (text("money_why"), sentence(payment["why"]) if payment["why"] else None),
        (text("money_refund_wanted"), sentence(wanted[language]) if wanted else None),
        (text(transfer), code(payment["transfer"]) if payment["transfer"] else None),
        (text("money_transfer_returned_at"), moment(returned, language) if returned else None),
        (text("money_payer_account"), code(account["iban"]) if account else None),
        (text("money_payer_account_holder"), arabic(account["holder"]) if account else None),
        (text("money_payer_account_at"), moment(account["given_at"], language) if account else None),
        (text("money_account_given_by"), _giver(account["given_by"], visit) if account else None),
    ]  # fmt: skip


def decision_row(decision: Document, visit: Visit) -> dict[str, Any]:
    """Returns a decision of two people as a row. `is_own`: the reader has proposed it, and can't agree to it."""
    return {
        "decision_id": decision["decision_id"],
        "address": f"/desk/payments/money/{decision['payment_id']}",
        "kind": visit.words_of("decision_kind", decision["kind"]),
        "is_refund": decision["kind"] == "refund",
        "amount": decision["amount"],
        "bill_number": decision["bill_number"],
        "status": visit.words_of("decision_status", decision["status"]),
        "tone": tone(decision["status"]),
        "is_open": decision["status"] == "proposed",
        "is_own": decision["proposed_by"] == visit.known.caller.subject,
        "facts": decision_facts(decision, visit),
        "target": f"/desk/payments/bills/{decision['bill_id']}" if decision["bill_id"] else None,
    }


def decision_facts(decision: Document, visit: Visit) -> Facts:
    """Returns a decision in rows: what is proposed, for whom, why, and who said what."""
    text, language = visit.text, visit.language
    decided = decision["decided_at"]
    return [
        (text("decision_kind"), visit.words_of("decision_kind", decision['kind'])),
        (text("field_iban"), code(decision["iban"]) if decision["iban"] else None),
        (text("field_holder"), arabic(decision["holder"]) if decision["holder"] else None),
        (text("money_account_given_by"), _giver(decision["account_given_by"], visit)),
        (text("reason"), sentence(decision["reason"])),
        (text("decision_proposed_by"), _person(decision["proposed_by_name"], visit)),
        (text("decision_proposed_at"), moment(decision["proposed_at"], language)),
        (text("decision_decided_by"), _person(decision["decided_by_name"], visit) if decided else None),
        (text("decision_decided_at"), moment(decided, language) if decided else None),
        (text("field_note"), sentence(decision["note"]) if decision["note"] else None),
    ]  # fmt: skip


def warn_of_other_holder(decisions: Sequence[Document], bill: Document | None) -> str:
    """Returns the name of the warning about a refund to somebody else than the payer, or to a payer who isn't known;
    empty where there is none."""
    payer = bill["payer"] if bill else None
    holders = {one["holder"] for one in decisions if one["kind"] == "refund" and one["holder"]}
    if not holders:
        return ""
    if payer is None:
        return "money_unknown_payer"
    is_other = {search_key(one) for one in holders} != {search_key(payer["name"])}
    return "money_other_holder" if is_other else ""


def _giver(given_by: str | None, visit: Visit) -> str | None:
    """Returns who gave an account on line; None for an account that came to a counter."""
    return visit.words_of("money_account_given_by", given_by) if given_by else None


def target_facts(bill: Document, visit: Visit) -> Facts:
    """Returns the bill that a proposal pays, so that the second person agrees to a bill that the page shows."""
    number = bill["bill_number"]
    purpose, payer = _purpose_and_payer(bill, visit)
    return [
        (visit.text("decision_target"), code(number) if number else visit.text("my_bill_waits")),
        (visit.text("decision_target_for"), purpose),
        (visit.text("decision_target_payer"), payer),
        (visit.text("decision_target_amount"), _riyals(bill["amount"], visit)),
    ]


def _purpose_and_payer(bill: Document, visit: Visit) -> tuple[Any, Any]:
    payer = bill["payer"]
    subject = f"{subject_words(bill['subject'], visit)} {bill['subject']['number'] or ''}"
    return sentence(subject), arabic(payer["name"]) if payer else None


def day_row(found: Document, visit: Visit) -> dict[str, Any]:
    """Returns a reconciled day as a row."""
    names = ("day", "source", "made_at", "lines", "payments", "matched", "differences")
    return {
        **{name: found[name] for name in names},
        "address": f"/desk/payments/days/{found['source']}/{found['day']}",
        "source_words": visit.words_of("money_source", found["source"]),
        "lines_amount": found["lines_amount"],
        "payments_amount": found["payments_amount"],
        "tone": "error" if found["differences"] else "success",
    }


def history_of(entries: Sequence[Document], visit: Visit) -> list[JournalEntry]:
    """Returns the journal of a thing, newest first."""
    return [
        JournalEntry(
            at=one["at"],
            act=visit.words_of("money_action", one["action"]),
            name=one["name"],
            note=one["note"],
            beside=_transfer_of(one, visit),
        )
        for one in reversed(entries)
    ]


def _transfer_of(entry: Document, visit: Visit) -> list[str]:
    """Returns the number of the transfer that an act was about, in words."""
    number = (entry["details"] or {}).get("transfer")
    return [visit.text("money_transfer_number", number=code(number))] if number else []


def _riyals(amount: str, visit: Visit) -> Any:
    return visit.text("riyals", amount=code(amount))


def _person(name: str | None, visit: Visit) -> Any:
    return arabic(name) if name else visit.text("decision_nobody_named")


def _is_receipt(payment: Document) -> bool:
    return bool(payment["channel"] == "counter")


def _number(payment: Document) -> str:
    """Returns the number by which people know a payment: the service writes a receipt behind its municipality."""
    reference = str(payment["reference"])
    return reference.partition("/")[2] or reference if _is_receipt(payment) else reference
