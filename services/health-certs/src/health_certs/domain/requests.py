"""A request's public states, and what may happen in each.

What everybody sees is the first thing that is missing, in a fixed order: health education, the fee, and the
examination last. So neither a result nor its correction moves it before a certificate is issued, and a request that
ends without one has one state, whatever it ended for (Personal Data Protection Law art. 23: health data).
"""

from collections.abc import Mapping
from enum import StrEnum

from chassis.core.refusals import IllegalTransition


class Status(StrEnum):
    """The last two are ends."""

    AWAITING_EDUCATION = "awaiting_education"
    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_EXAMINATION = "awaiting_examination"
    ISSUED = "issued"
    NOT_ISSUED = "not_issued"


class Action(StrEnum):
    """What people do to a request. What the system does has no refusal."""

    AMEND = "amend"
    CHANGE_CENTRE = "change-centre"
    ENTER_EDUCATION = "enter-education"
    BILL = "bill"
    WITHDRAW = "withdraw"


OPEN = (Status.AWAITING_EDUCATION, Status.AWAITING_PAYMENT, Status.AWAITING_EXAMINATION)
TITLES: Mapping[str, Mapping[str, str]] = {
    Action.AMEND: {"ar": "تعديل البيانات", "en": "amend"},
    Action.CHANGE_CENTRE: {"ar": "تغيير المركز الطبي", "en": "change the centre"},
    Action.ENTER_EDUCATION: {"ar": "تسجيل التثقيف الصحي", "en": "enter health education"},
    Action.BILL: {"ar": "طلب فاتورة جديدة", "en": "ask for a bill"},
    Action.WITHDRAW: {"ar": "السحب", "en": "withdraw"},
}


def require_open(status: str, action: Action) -> None:
    """Raises IllegalTransition for a request that has ended: nothing is possible in it."""
    if Status(status) not in OPEN:
        raise IllegalTransition(action, f"health_request_{status}")


class Reason(StrEnum):
    """Why a request ended without a certificate: as private as a result, and for the same readers."""

    UNFIT = "unfit"
    NOT_EXAMINED = "not-examined"
    NOT_COMPLETED = "not-completed"
    WITHDRAWN = "withdrawn"
    SEASON_OVER = "season-over"


# The conditions of a certificate, by their codes, as people read them.
CONDITIONS: Mapping[str, Mapping[str, str]] = {
    "education": {"ar": "التثقيف الصحي", "en": "health education"},
    "payment": {"ar": "سداد الرسم", "en": "the fee"},
    "examination": {"ar": "الفحص الطبي", "en": "the examination"},
}
