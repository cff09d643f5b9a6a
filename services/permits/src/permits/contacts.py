"""Telephone numbers by the plan of the Kingdom."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType


def mobile(text: str) -> str | None:
    """A Saudi mobile number in any usual form as E.164 (+966501234567); None for anything else."""
    try:
        number = phonenumbers.parse(text, "SA")
    except NumberParseException:
        return None
    if phonenumbers.region_code_for_number(number) != "SA":
        return None
    if phonenumbers.number_type(number) != PhoneNumberType.MOBILE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
