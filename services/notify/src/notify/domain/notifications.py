"""The rules of GOV.UK Notify's API v2: how it shows a message, what it refuses, and how it reads values.

States and sentences are Notify's own, so that its published clients, and code that reads its errors, work unchanged.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chassis.core.refusals import Refusal
from notify.domain import texts
from notify.domain.messages import Skipped, State
from saudi import sms
from saudi.ids import passes_luhn
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile
from saudi.text import fold_digits, tidy

# Notify's statuses. Some belong to letters, and no message of ours has them.
STATUSES = (
    *("cancelled", "created", "sending", "sent", "delivered", "pending", "failed"),
    *("technical-failure", "temporary-failure", "permanent-failure", "pending-virus-check"),
    *("validation-failed", "virus-scan-failed", "returned-letter", "accepted", "received"),
)
_FAILURES = ("technical-failure", "temporary-failure", "permanent-failure")
_STATUS: Mapping[State, str] = {
    State.HELD: "created",
    State.CREATED: "created",
    State.SENDING: "sending",
    State.UNSURE: "sending",
    State.ACCEPTED: "sending",
    State.DELIVERED: "delivered",
    State.FAILED: "permanent-failure",
    State.TECHNICAL_FAILURE: "technical-failure",
    State.EXPIRED: "technical-failure",
    State.UNCONFIRMED: "sent",
    State.SKIPPED: "technical-failure",
}
MOST_CHARACTERS = 918
PAGE = 250
_ARABIC = re.compile(r"[\u0621-\u064a]")
# Numbers of reports and permits begin with a Hijri year, 144 and on, and identity numbers don't yet.
_ID_NUMBER = re.compile(r"(?<![0-9])(?!14[4-6])[12][0-9]{9}(?![0-9])")
_LETTERS = re.compile(r"[^0-9+()./ \-]")


class NotifyRefusal(Refusal):
    """A refusal in Notify's words. `message` is the whole sentence."""

    problem = "notify-bad-request"

    def __init__(self, message: str) -> None:
        super().__init__(message=message)


class Invalid(NotifyRefusal):
    """A field breaks Notify's schema. The message begins with the field's name."""

    problem = "notify-validation"


class Unauthorized(NotifyRefusal):
    """The request has no token."""

    problem = "notify-unauthorized"


class Refused(NotifyRefusal):
    """The request's token is refused."""

    problem = "notify-refused"


class RateExceeded(NotifyRefusal):
    """The system makes too many requests in a minute."""

    problem = "notify-rate-limit"

    def __init__(self, kind: str, limit: int, seconds: int, retry_after: int | None) -> None:
        said = "LIVE" if kind == "normal" else kind.upper()
        self.retry_after = retry_after
        super().__init__(
            f"Exceeded rate limit for key type {said} of {limit} requests per {seconds} seconds"
        )


class DayExceeded(NotifyRefusal):
    """The system sends too many messages in a day."""

    problem = "notify-day-limit"

    def __init__(self, limit: int, retry_after: int | None) -> None:
        self.retry_after = retry_after
        super().__init__(f"Exceeded send limits (sms: {limit}) for today")


def status(state: str, reason: str | None) -> str:
    """Returns Notify's status of a message in this state. An unsent message of a test key counts as delivered."""
    if state == State.SKIPPED and reason == Skipped.TEST_KEY:
        return "delivered"
    return _STATUS[State(state)]


def states(wanted: Iterable[str]) -> set[str]:
    """Returns the states that Notify lists under any of these statuses; `failed` covers all failures. Messages of test
    keys are `delivered` too."""
    asked = {one for name in wanted for one in (_FAILURES if name == "failed" else (name,))}
    return {str(state) for state, name in _STATUS.items() if name in asked}


def moment(at: datetime | None) -> str | None:
    """Returns a time as Notify writes it, in microseconds of UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


def recipient(text: str) -> str:
    """Returns the mobile in E.164. Raises Invalid, and NotifyRefusal for a mobile of another country."""
    written = tidy(text)
    try:
        return parse_mobile(written)
    except Malformed:
        raise _mobile_refusal(written) from None


def _mobile_refusal(written: str) -> NotifyRefusal:
    digits = re.sub(r"[^0-9]", "", written)
    if _LETTERS.search(written):
        return Invalid("phone_number Must not contain letters or symbols")
    if len(digits) < 9:
        return Invalid("phone_number Not enough digits")
    if _is_international(written):
        return NotifyRefusal("Cannot send to international mobile numbers")
    if len(digits) > 14:
        return Invalid("phone_number Too many digits")
    return Invalid("phone_number Not a Saudi mobile number")


def _is_international(written: str) -> bool:
    start = written.replace(" ", "")
    return start.startswith(("+", "00")) and not start.startswith(("+966", "00966"))


def write_text(body: str, values: Mapping[str, str], *, hosts: Collection[str]) -> texts.Written:
    """Returns the text of a message, filled with the values. Raises NotifyRefusal for a missing value, a link to a
    foreign host, a number that a telephone shows turned round, an identity number, and for a text that is too long."""
    try:
        found = texts.write(body, values)
    except texts.MissingValue as error:
        raise NotifyRefusal(f"Missing personalisation: {', '.join(error.names)}") from None
    if (length := len(found.public)) > MOST_CHARACTERS:
        raise NotifyRefusal(
            f"Your message is too long. Text messages cannot be longer than {MOST_CHARACTERS} characters."
            f" Your message is {length} characters long."
        )
    if texts.foreign_links(found.public, hosts):
        raise NotifyRefusal("Links to this host are not allowed")
    _check_numbers(found.public)
    return found


def _check_numbers(text: str) -> None:
    """Raises NotifyRefusal for numbers that a template must not contain either."""
    if _ARABIC.search(text) and sms.turned_round(text):
        raise NotifyRefusal("Numbers with hyphens, + or spaced slashes would show turned round")
    if any(map(passes_luhn, _ID_NUMBER.findall(fold_digits(texts.fold_signs(text))))):
        raise NotifyRefusal("Identity numbers are not allowed")


class FieldFault(NamedTuple):
    """A field that fails the contract's check. `sent`: the value, or empty when the answer must not repeat the
    value."""

    field: str
    code: str
    params: Mapping[str, object]
    sent: str


def facts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of a message that a delivery receipt and an answer of the API share."""
    return {
        "id": record["message_id"],
        "reference": record["api_reference"],
        "phone_number": record["recipient"],
        "type": "sms",
        "status": status(record["state"], record["reason"]),
        "body": record["text"] or "",
        "created_at": moment(record["created_at"]),
        "sent_at": moment(record["accepted_at"]),
        "completed_at": moment(record["ended_at"]),
    }


def validation_errors(faults: Iterable[FieldFault]) -> list[str]:
    """Returns Notify's sentences for the fields at fault."""
    return list(dict.fromkeys(map(_sentence, faults)))


def _sentence(fault: FieldFault) -> str:
    name, code = fault.field.partition(".")[0], fault.code
    if code == "required":
        return f"{name} is a required property"
    if code == "unknown":
        return f"Additional properties are not allowed ({name} was unexpected)"
    if code == "enum":
        allowed = fault.params.get("allowed")
        listed = ", ".join(map(str, allowed)) if isinstance(allowed, (list, tuple)) else ""
        return f"{name} {fault.sent}".rstrip() + f" is not one of [{listed}]"
    if name in _UUIDS:
        return f"{name} is not a valid UUID"
    if code == "type":
        return f"{name} is not of type {'object' if name == 'personalisation' else 'string'}"
    return f"{name} is {_WORDS.get(code, 'not valid')}"


_UUIDS = {"template_id", "id", "notification_id", "older_than", "sms_sender_id"}
_WORDS = {"too-long": "too long", "too-short": "too short"}


_IGNORED = str.maketrans("", "", " -_")


def normal_name(name: str) -> str:
    """Returns a name without capitals, blanks, hyphens and underscores, as Notify compares names."""
    return name.translate(_IGNORED).casefold()


def values_for(body: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Returns the values by the names of the text's placeholders. A value of None counts as missing."""
    known = {normal_name(name): value for name, value in given.items() if value is not None}
    return {
        name: value_text(known[normal_name(name)])
        for name in texts.placeholders(body)
        if normal_name(name) in known
    }


def value_text(value: Any) -> str:
    """Returns a value as a text: a list is joined, a boolean is yes or no."""
    if isinstance(value, list):
        return "، ".join(map(value_text, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
