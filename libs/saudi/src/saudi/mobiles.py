"""Mobile numbers by the plan of the Kingdom. Stored as E.164, +966501234567; fixed lines, shared-cost
and short numbers get no text message and are refused."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from saudi.malformed import Malformed
from saudi.text import tidy

_WRITTEN = re.compile(r"[0-9+()./ -]+")


def parse_mobile(text: str) -> str:
    """Reads a Saudi mobile in any usual form as E.164. Raises Malformed: `mobile`."""
    written = tidy(text)
    if not _WRITTEN.fullmatch(written):
        raise Malformed("mobile")
    try:
        number = phonenumbers.parse(written, "SA")
    except NumberParseException:
        raise Malformed("mobile") from None
    if phonenumbers.region_code_for_number(number) != "SA":
        raise Malformed("mobile")
    if phonenumbers.number_type(number) != PhoneNumberType.MOBILE:
        raise Malformed("mobile")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def parse_telephone(text: str) -> str:
    """Reads a telephone of any kind and country as E.164; a number without a country's code is one of the Kingdom.
    Raises Malformed: `telephone`."""
    written = tidy(text)
    try:
        number = phonenumbers.parse(written, "SA") if _WRITTEN.fullmatch(written) else None
    except NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise Malformed("telephone")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def mobile_words(e164: str) -> str:
    """`+966501234567` → `050 123 4567`, as people say it; isolate it inside Arabic."""
    local = "0" + e164.removeprefix("+966")
    return f"{local[:3]} {local[3:6]} {local[6:]}"


def sms_recipient(e164: str) -> str:
    """`+966501234567` → `966501234567`: SMS gateways want neither `+` nor `00`."""
    return e164.removeprefix("+")


def mask_mobile(e164: str) -> str:
    """`+966501234567` → `+966******567`."""
    return e164[:4] + "*" * max(0, len(e164) - 7) + e164[-3:]
