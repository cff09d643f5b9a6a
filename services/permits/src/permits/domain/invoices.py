"""The fee of a request: who pays it, what the bill says, and what follows when the money comes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Conflict, Fault, InvalidFields
from permits.domain.requests import Status as RequestStatus
from saudi import Malformed
from saudi.ids import parse_id
from saudi.text import parse_name

DAYS_TO_PAY = 30  # where the officer names no last day


class Status(StrEnum):
    """`requested` until the money is there; `ended`: its bill expired, or was refused or cancelled at the bill system.
    `held`: it was paid, and its request went back to be corrected; what it then costs decides whether the money is
    carried over or goes back. `refund_requested`: the money came for a request that doesn't need it, and goes back.
    `refunding`: payments has agreed to that, asked by us or not."""

    REQUESTED = "requested"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    PAID = "paid"
    HELD = "held"
    REFUND_REQUESTED = "refund_requested"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


# The money has come: what comes again changes nothing.
SETTLED = frozenset(
    (Status.PAID, Status.HELD, Status.REFUND_REQUESTED, Status.REFUNDING, Status.REFUNDED)
)


class PayerMissing(Conflict):
    """No owner has an ID number, and the bill system takes no bill without one: the officer names who pays."""

    problem = "payer-missing"


@dataclass(frozen=True)
class Payer:
    """The payer: a person or an establishment with a number. `mobile` in E.164."""

    name: str
    id_type: str
    id_number: str = field(repr=False)
    mobile: str | None = field(default=None, repr=False)

    def record(self) -> dict[str, str]:
        """$defs/payer of events/invoice.v1.schema.json."""
        return {"name": self.name, "id_type": self.id_type, "id_number": self.id_number}


def payer_of(owners: Iterable[Mapping[str, Any]]) -> Payer:
    """The first owner of the deed who has a number. Raises PayerMissing: a waqf may have none, nor heirs as such."""
    for owner in owners:
        if owner["id_number"]:
            names = ("name", "id_type", "id_number", "mobile")
            return Payer(**{name: owner[name] for name in names})
    raise PayerMissing


def parse_payer(data: Mapping[str, Any]) -> Payer:
    """Somebody whom the officer names, in the contract's shape. Raises InvalidFields."""
    faults = []
    name = number = ""
    try:
        name = parse_name(data["name"])
    except Malformed as error:
        faults.append(Fault("payer.name", error.code))
    try:
        number = parse_id(data["id_type"], data["id_number"])
    except Malformed as error:
        faults.append(Fault("payer.id_number", error.code))
    if faults:
        raise InvalidFields(faults)
    return Payer(name, data["id_type"], number)


def check_due_on(due_on: date, *, today: date) -> None:
    """Raises InvalidFields for a last day that's past."""
    if due_on < today:
        raise InvalidFields.of("due_on", "past-date")


def last_day(named: date | None, today: date) -> date:
    """The day that was named, or thirty days from now."""
    return named or today + timedelta(days=DAYS_TO_PAY)


def after_payment(invoice: Status, request: RequestStatus, *, current: bool) -> Status | None:
    """What becomes of an invoice whose money has come: paid, where the request waits for it; else it goes back. None
    where the money was here before. `current`: it's the invoice that the request has now."""
    if invoice in SETTLED:
        return None
    waited_for = current and request is RequestStatus.AWAITING_PAYMENT
    return Status.PAID if waited_for else Status.REFUND_REQUESTED


def after_refund(invoice: Status, *, gone: bool) -> Status | None:
    """What becomes of it when payments has agreed that its money goes back, and when it has gone. None where that was
    told before, also in the other order."""
    if invoice is Status.REFUNDED or (invoice is Status.REFUNDING and not gone):
        return None
    return Status.REFUNDED if gone else Status.REFUNDING


def after_giving_up(invoice: Status) -> Status | None:
    """What becomes of it when the request doesn't want the money any more: not paid, it's withdrawn; paid, it goes
    back. None where nothing is left to do."""
    return {
        Status.REQUESTED: Status.WITHDRAWN,
        Status.PAID: Status.REFUND_REQUESTED,
        Status.HELD: Status.REFUND_REQUESTED,
    }.get(invoice)


def after_return(invoice: Status) -> Status | None:
    """What becomes of it when the request goes back to be corrected: not paid, it's withdrawn; paid, the money is held.
    None where it stays as it is."""
    return {Status.REQUESTED: Status.WITHDRAWN, Status.PAID: Status.HELD}.get(invoice)


def money_changes(before: Status, after: Status | None, amount: str) -> dict[str, list[Any]]:
    """What a history tells of the money when an invoice becomes something else; the amount in riyals."""
    if after is Status.WITHDRAWN:
        return {"invoice.amount": [amount, None]}
    if after is Status.HELD:
        return {"payment.amount": [amount, None], "held.amount": [None, amount]}
    if after is Status.REFUND_REQUESTED:
        was = "held" if before is Status.HELD else "payment"
        return {f"{was}.amount": [amount, None], "refund.amount": [None, amount]}
    return {}


def after_correction(held_halalas: int, due_halalas: int) -> Status:
    """What becomes of held money once the corrected request is billed: carried over, where it's what is due now; else
    it goes back, and the request is billed anew."""
    return Status.PAID if held_halalas == due_halalas else Status.REFUND_REQUESTED
