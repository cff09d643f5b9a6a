"""What an officer writes and others read: reasons travel in the permit's events to the electricity company."""

import re

from chassis.core.refusals import InvalidFields, not_blank
from saudi import Malformed
from saudi.ids import parse_civil_id
from saudi.mobiles import parse_mobile
from saudi.text import fold_digits

# An ID number, a telephone, an IBAN: nine digits and more, also in groups. A permit's or a letter's number is shorter.
_PERSONAL = re.compile(r"[0-9](?:[\s().+_-]{0,2}[0-9]){8,}")


def published_reason(text: str, name: str = "reason") -> str:
    """A reason that may leave the house. Raises InvalidFields: `required`, or `personal-number` where it has the number
    of a person or of a telephone, which belongs into the internal note."""
    reason = not_blank(text, name)
    if not is_publishable(reason):
        raise InvalidFields.of(name, "personal-number")
    return reason


def is_publishable_number(number: str) -> bool:
    """Whether a certificate's number is none of a person or a mobile. Such a number may well have nine digits, so only
    what is really one of a person is refused."""
    return not any(_is_of_a_person(digits) for digits in re.findall(r"[0-9]{9,}", number))


def _is_of_a_person(digits: str) -> bool:
    for parse in (parse_civil_id, parse_mobile):
        try:
            parse(digits)
        except Malformed:
            continue
        return True
    return False


def is_publishable(text: str) -> bool:
    """Whether it's free of numbers that belong to a person."""
    return not _PERSONAL.search(fold_digits(text))
