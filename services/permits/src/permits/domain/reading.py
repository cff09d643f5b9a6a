"""Reading single fields: a fault is noted by its path, an oddity is a warning; texts that are published hold no number
of a person."""

import re
from dataclasses import dataclass, field
from typing import Any

from chassis.core.refusals import Fault, InvalidFields, not_blank, read_field
from chassis.core.refusals import Findings as Faults
from saudi.person_numbers import holds_long_number, is_number_of_person
from saudi.text import parse_name


@dataclass
class Findings(Faults):
    """Faults refuse the input; warnings only tell the reviewer."""

    warnings: list[Fault] = field(default_factory=list)

    def warn(self, path: str, code: str, **params: Any) -> None:
        """Adds a warning. `params`: the number or day that the warning means, as JSON values."""
        self.warnings.append(Fault(path, code, params))


def text_or_none(value: str | None) -> str | None:
    return " ".join(value.split()) or None if value is not None else None


def read_name(value: str, path: str, findings: Findings) -> str:
    return findings.read(path, parse_name, value) or ""


def required(value: str, path: str, findings: Findings) -> str:
    text = text_or_none(value)
    findings.fault(path, None if text else "required")
    return text or ""


def published_reason(text: str, name: str = "reason") -> str:
    """Returns a reason that may be published. Raises InvalidFields: `required`, or `personal-number` if the reason
    has the number of a person or of a telephone, which belongs into the internal note."""
    reason = not_blank(text, name)
    if not is_publishable(reason):
        raise InvalidFields.of(name, "personal-number")
    return reason


def person_name(text: str, name: str) -> str:
    """Returns the name of an inspector or a signatory as it's shown. Raises InvalidFields: `required`, or `name` for a
    text with fewer than two letters, or with a number of nine digits: an ID number or a telephone is no name."""
    found = read_field(name, parse_name, text)
    if not is_publishable(found):
        raise InvalidFields.of(name, "name")
    return found


def is_publishable_number(number: str) -> bool:
    """Returns whether a certificate's number isn't the number of a person or a mobile. Nine digits alone are
    allowed, so only a real number of a person is refused."""
    return not any(is_number_of_person(digits) for digits in re.findall(r"[0-9]{9,}", number))


def is_publishable(text: str) -> bool:
    """Returns whether the text has no number that may belong to a person: an ID number, a telephone, an IBAN."""
    return not holds_long_number(text)
