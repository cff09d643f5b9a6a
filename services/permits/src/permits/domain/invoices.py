"""Bills of a request: the payer, the last day to pay, and held money."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from chassis.core.refusals import Conflict, Fault, InvalidFields
from saudi import Malformed
from saudi.ids import parse_id
from saudi.text import parse_name

DAYS_TO_PAY = 30  # where the officer names no last day


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


def covers_fee(held_halalas: int, due_halalas: int) -> bool:
    """Returns whether held money pays a corrected request. Only the exact amount does: other money goes back whole,
    and the request is billed anew."""
    return held_halalas == due_halalas
