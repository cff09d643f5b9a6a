"""Bank accounts: the IBAN of a Saudi bank."""

import re

from saudi.malformed import Malformed
from saudi.text import compact

LENGTH = 24


def parse_iban(text: str) -> str:
    """`sa03 8000 0000 6080 1016 7519` → `SA0380000000608010167519`: SA, two check digits, two digits of the bank and
    18 letters or digits of the account. Raises Malformed: `iban`, or `iban-check` when the check digits aren't those
    of ISO 13616."""
    iban = compact(text).replace("-", "").upper()
    if not re.fullmatch(r"SA[0-9]{4}[A-Z0-9]{18}", iban, re.ASCII):
        raise Malformed("iban")
    digits = "".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])
    # Two pairs of check digits would have the remainder, 02 and 99 for instance; a bank knows the account by one.
    if int(digits) % 97 != 1 or not 2 <= int(iban[2:4]) <= 98:
        raise Malformed("iban-check")
    return iban


def mask_iban(iban: str) -> str:
    """`SA03****************7519`: enough to recognise an account that one has, no more."""
    return iban[:4] + "*" * (len(iban) - 8) + iban[-4:]
