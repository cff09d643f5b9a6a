"""What a partner enters, and when it's refused; the words are those of contracts/reference/entry-reasons.yaml."""

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum

from permits.domain import permits
from permits.domain.insulation import Fact, Numbered, Standing, standing
from permits.domain.published import is_publishable, is_publishable_number
from saudi.days import legal_day


class Refused(StrEnum):
    """Why an entry about insulation changes nothing."""

    PERMIT_UNKNOWN = "permit-unknown"
    PERMIT_CANCELLED = "permit-cancelled"
    PERMIT_REPLACED = "permit-replaced"
    WORKS_WITHOUT_INSULATION = "works-without-insulation"
    BEFORE_PERMIT = "before-permit"
    FUTURE_DATE = "future-date"
    PERSONAL_NUMBER = "personal-number"
    CERTIFICATE_IN_FORCE = "certificate-in-force"
    NUMBER_USED = "certificate-number-used"
    NEWER_NUMBER = "newer-number"
    WITHDRAWN_SINCE = "withdrawn-since"
    OTHER_CERTIFICATE = "other-certificate"


class Effect(StrEnum):
    """What followed from an entry."""

    RECORDED = "recorded"
    RECORDED_AS_EARLIER = "recorded-as-earlier"
    NUMBER_RECORDED = "number-recorded"
    WITHDRAWAL_RECORDED = "withdrawal-recorded"
    CERTIFICATE_ISSUED = "certificate-issued"
    CERTIFICATE_REVOKED = "certificate-revoked"
    COMPLETION_FLAGGED = "completion-flagged"


class EntryRefused(Exception):
    """The entry changes nothing; `code` is a code of the reference."""

    def __init__(self, code: StrEnum) -> None:
        self.code = code
        super().__init__(code)


def check_visit(inspected_on: date, entered_at: datetime, *, since: date) -> None:
    """Raises EntryRefused for a visit before the building's first permit, or after its own entry."""
    if inspected_on < since:
        raise EntryRefused(Refused.BEFORE_PERMIT)
    if inspected_on > legal_day(entered_at):
        raise EntryRefused(Refused.FUTURE_DATE)


def check_texts(texts: Collection[str | None]) -> None:
    """Raises EntryRefused: what a partner writes is published to the owner, and has no number of a person in it."""
    if not all(is_publishable(one) for one in texts if one):
        raise EntryRefused(Refused.PERSONAL_NUMBER)


def check_number_of_nobody(number: str | None) -> None:
    """Raises EntryRefused: a certificate's number reaches machines, to which no owner is shown."""
    if number is not None and not is_publishable_number(number):
        raise EntryRefused(Refused.PERSONAL_NUMBER)


def check_status(status: str) -> None:
    """What makes insulation needs a permit that goes on; what takes it away doesn't. Raises EntryRefused."""
    if status == permits.Status.CANCELLED:
        raise EntryRefused(Refused.PERMIT_CANCELLED)
    if status in (permits.Status.RENEWED, permits.Status.SUPERSEDED):
        raise EntryRefused(Refused.PERMIT_REPLACED)


def check_number(facts: Collection[Fact], new: Numbered, used: Collection[str]) -> None:
    """Raises EntryRefused for a number that no certificate can be issued with any more."""
    if new.number in used:
        raise EntryRefused(Refused.NUMBER_USED)
    now = standing(facts)
    if now.in_force:
        raise EntryRefused(Refused.CERTIFICATE_IN_FORCE)
    then = standing([*facts, new])
    if then.number != new.number:
        raise EntryRefused(Refused.NEWER_NUMBER if then.number else Refused.WITHDRAWN_SINCE)


def check_withdrawal(named: str | None, numbers: Collection[str]) -> None:
    """`numbers`: of the certificate in force, the company's and ours; none when there's none. Raises EntryRefused when
    the company names another one."""
    if named is not None and numbers and named not in numbers:
        raise EntryRefused(Refused.OTHER_CERTIFICATE)


def visit_effect(before: Standing, after: Standing) -> Effect:
    """Whether a recorded visit changed what counts."""
    return Effect.RECORDED_AS_EARLIER if before.latest == after.latest else Effect.RECORDED
