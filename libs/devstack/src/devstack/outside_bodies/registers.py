"""What the bodies answer: what was told, else what follows from the number's digits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Lock
from typing import Any

Answer = dict[str, Any]
MARK = "بيانات تجريبية"


def person(number: str, today: date) -> Answer | None:
    """Ends with 92: unknown. With 91: sixteen years old. Beginning with 2: a foreigner, an investor if the number is
    even."""
    if number.endswith("92"):
        return None
    age = 16 if number.endswith("91") else 36
    saudi = number.startswith("1")
    investor = None if saudi or int(number[-2]) % 2 else f"MISA-{number[-4:]}"
    return {
        "birth_date": date(today.year - age, 1, 15).isoformat(),
        "nationality": "saudi" if saudi else "foreign",
        "investor_licence": investor,
    }


def establishment(number: str, today: date) -> Answer | None:
    """Its owners are the citizen and the resident whose numbers have the same digits after the first. Ends with 92:
    unknown; with 91: struck off."""
    if number.endswith("92"):
        return None
    owners = [with_check_digit(first + number[1:9]) for first in ("1", "2")]
    return {"status": "struck_off" if number.endswith("91") else "active", "owners": owners}


def lease(number: str, today: date) -> Answer | None:
    """Returns a lease of three years. A number that ends with 8 isn't registered yet; with 7 it lasts eleven months."""
    if number.endswith("8"):
        return None
    starts = date(today.year, 1, 1)
    ends = date(today.year, 11, 30) if number.endswith("7") else date(today.year + 2, 12, 31)
    return {"starts_on": starts.isoformat(), "ends_on": ends.isoformat()}


def safety(number: str, today: date) -> Answer | None:
    """Ends with 8: not issued yet; with 7: it ended yesterday."""
    if number.endswith("8"):
        return None
    days = -1 if number.endswith("7") else 300
    return {"expires_on": (today + timedelta(days=days)).isoformat()}


def classification(number: str, today: date) -> Answer | None:
    """Ends with 8: not classified yet; with 7: it ended yesterday."""
    if number.endswith("8"):
        return None
    days = -1 if number.endswith("7") else 300
    return {
        "valid_from": (today - timedelta(days=400)).isoformat(),
        "valid_until": (today + timedelta(days=days)).isoformat(),
    }


DEFAULTS: Mapping[str, Callable[[str, date], Answer | None]] = {
    "civil-register": person,
    "commercial-register": establishment,
    "lease-register": lease,
    "civil-defence": safety,
    "engineers-register": classification,
}


def with_check_digit(nine_digits: str) -> str:
    """A number of a person that passes the check, Luhn's: written again here, because the devstack knows no vocabulary
    of the services."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(nine_digits)]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return nine_digits + str(-total % 10)


@dataclass
class Registers:
    """`told`: (body, number) → the answer, None for a number that isn't there. With `holder`, a number of an
    establishment or a person, it's there for a question that names the holder alone. `faults`: body → what goes wrong:
    `{"delay": seconds}`, `{"status": 503}`, `{"text": "…"}`."""

    told: dict[tuple[str, str], Answer | None] = field(default_factory=dict)
    faults: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: int = 0
    lock: Lock = field(default_factory=Lock)

    def answer(self, body: str, question: Mapping[str, Any], today: date) -> Answer:
        """As the body writes it: about the question's first number; the others say whose it has to be. Raises
        LookupError for a body or a question that isn't known."""
        number, *holders = (str(value) for value in question.values())
        with self.lock:
            self.asked += 1
            known = (body, number) in self.told
            found = self.told.get((body, number))
        if not known:
            found = DEFAULTS[body](number, today)
        if found is None or found.get("holder", number) not in (number, *holders):
            return {"found": False}
        shown = {name: value for name, value in found.items() if name != "holder"}
        return {"found": True, **question, **shown}

    def tell(self, body: str, number: str, values: Answer | None) -> None:
        """From now on this is the answer. Raises LookupError for a body that isn't known."""
        if body not in DEFAULTS:
            raise LookupError(body)
        with self.lock:
            self.told[body, number] = values

    def fail(self, body: str, fault: Mapping[str, Any] | None) -> None:
        """Sets or, with None, ends what goes wrong. Raises LookupError for a body that isn't known."""
        if body not in DEFAULTS:
            raise LookupError(body)
        with self.lock:
            self.faults.pop(body, None)
            if fault:
                self.faults[body] = fault
