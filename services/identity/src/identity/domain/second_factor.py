"""The second factor of the sign-in of staff: policy, one-time codes by time (RFC 6238), codes on paper, their limits.

The factor is demanded or optional by the policy of an organisation. A person who has a factor is always asked for it.
"""

import hmac
import re
import secrets
from base64 import b32decode, b32encode
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote, urlencode

from identity.domain.registration import DISTINCT_SIGNS
from saudi.text import fold_digits


class Policy(StrEnum):
    """Whether the people of an organisation have to have a second factor."""

    DEMANDED = "demanded"
    OPTIONAL = "optional"


class FactorKind(StrEnum):
    """A factor that a person has beside the password."""

    TOTP = "totp"
    PASSKEY = "passkey"


class NextStep(StrEnum):
    """What a right password leads to."""

    SESSION = "session"
    SECOND_STEP = "second_step"
    ENROLMENT = "enrolment"


def step_after_password(*, has_factor: bool, policy: str, has_open_code: bool) -> NextStep:
    """Returns the step after a right password. An open enrolment code leads to the enrolment under either policy,
    because an administrator made the code so that the person enrols."""
    if has_factor:
        return NextStep.SECOND_STEP
    if policy == Policy.DEMANDED or has_open_code:
        return NextStep.ENROLMENT
    return NextStep.SESSION


# Authentication methods (RFC 8176) and classes. A recovery code is a one-time password too.
PASSWORD, ONE_TIME_CODE, SEVERAL = "pwd", "otp", "mfa"
ONE_FACTOR, TWO_FACTORS = "one-factor", "two-factors"
CLASSES = (ONE_FACTOR, TWO_FACTORS)


def methods(*second: str) -> list[str]:
    """Returns the claim `amr` of a sign-in with a password, and with a second factor if there was any."""
    return [PASSWORD, *second, SEVERAL] if second else [PASSWORD]


def class_of(amr: Collection[str]) -> str:
    """Returns the claim `acr` of a sign-in."""
    return TWO_FACTORS if SEVERAL in amr else ONE_FACTOR


STEP_SECONDS, DIGITS = 30, 6
_LONGEST_TYPED = 100
_SECRET_BYTES = 20


def new_secret() -> str:
    """Returns a new secret in base32, of the length of a SHA-1."""
    return b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def is_secret(text: object) -> bool:
    """Returns whether a text is a key as `new_secret` makes it."""
    return isinstance(text, str) and re.fullmatch(r"[A-Z2-7]{32}", text) is not None


def step_of(moment: datetime) -> int:
    """Returns the number of the half minute."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_of(secret: str, step: int) -> str:
    """Returns the code of a step (RFC 4226 section 5.3, RFC 6238 with SHA-1)."""
    digest = hmac.digest(b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def find_time_step(secret: str, typed: str, now: datetime, *, last_step: int | None) -> int | None:
    """Returns the step whose code was typed: this one, the one before or the one after, and later than `last_step`, so
    that no code counts twice. Returns None for a wrong or used code."""
    code = clean_code(typed)
    found = None
    for step in range(step_of(now) - 1, step_of(now) + 2):
        is_right = hmac.compare_digest(code_of(secret, step).encode(), code.encode())
        if is_right and (last_step is None or step > last_step):
            found = step
    return found


def clean_code(typed: str) -> str:
    """Returns a code as it's compared: small letters and digits, without what people or screens put between them."""
    text = fold_digits(typed[:_LONGEST_TYPED]).casefold()
    return "".join(sign for sign in text if sign.isascii() and sign.isalnum())


def key_uri(secret: str, *, issuer: str, account: str) -> str:
    """Returns the address that an application for one-time codes reads from a QR code."""
    values = {"secret": secret, "issuer": issuer, "algorithm": "SHA1"}
    query = urlencode({**values, "digits": DIGITS, "period": STEP_SECONDS}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"


def in_groups(text: str) -> str:
    """Returns a key in groups of four signs, as people read and type it."""
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


# Codes on paper. 16 of 32 signs have 80 bits: a plain hash of a code is enough.
_PAPER_SIGNS = 16
RECOVERY_CODES = 10
ENROLMENT_LIFETIME = timedelta(hours=24)
ENROLMENT_TRIES = 5
RESET_LIFETIME = timedelta(hours=24)
# So long a factor counts as in the hand of the administrator whose code enrolled it.
HANDED_OVER_AFTER = timedelta(days=7)
SECOND_STEP_LIFETIME = timedelta(minutes=10)
SECOND_STEP_TRIES = 5


def new_paper_code() -> str:
    """Returns a new code, `abcd-efgh-jkmn-pqrs`."""
    signs = "".join(secrets.choice(DISTINCT_SIGNS) for _ in range(_PAPER_SIGNS))
    return "-".join(signs[place : place + 4] for place in range(0, _PAPER_SIGNS, 4))


def new_recovery_codes() -> Sequence[str]:
    """Returns the codes that are shown once."""
    return [new_paper_code() for _ in range(RECOVERY_CODES)]
