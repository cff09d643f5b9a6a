"""Requests for health certificates: public states, actions, reasons of an end, numbers and fees.

The public state is the first missing condition, in a fixed order: health education, the fee, the examination last. So
neither a result nor its correction moves the state before a certificate is issued. A request that ends without a
certificate has one state, whatever the reason (Personal Data Protection Law art. 23: health data).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Conflict
from chassis.core.state_machine import StateMachine
from health_certs.domain.reference import ORDINARY, RENEWAL, SEASONAL, Profession, Rules
from saudi.bilingual import Bilingual
from saudi.branches import DIGITS
from saudi.days import legal_day, midnight_after

ISSUED = "issued"
CANCELLED = "cancelled"
SUSPENDED = "suspended"
# Statuses of an application. `issued` stands here for the time in which the licence isn't known yet.
GOOD_APPLICATION = frozenset(
    ("submitted", "waiting", "returned", "in_review", "inspection", "awaiting_payment", ISSUED)
)
FIRST, RENEW = "first", "renewal"  # kinds of requests
# Kinds of inquiries that people may make by telephone or web.
REQUEST_KIND, CERTIFICATE = "health_certificate_request", "health_certificate"


class Status(StrEnum):
    """The last two are ends."""

    AWAITING_EDUCATION = "awaiting_education"
    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_EXAMINATION = "awaiting_examination"
    ISSUED = "issued"
    NOT_ISSUED = "not_issued"


class Action(StrEnum):
    """What people do to a request. The system's own acts are never refused."""

    AMEND = "amend"
    CHANGE_CENTRE = "change-centre"
    ENTER_EDUCATION = "enter-education"
    BILL = "bill"
    WITHDRAW = "withdraw"


class EndReason(StrEnum):
    """Why a request ended without a certificate. The reason is as private as a result, and for the same readers."""

    UNFIT = "unfit"
    NOT_EXAMINED = "not-examined"
    NOT_COMPLETED = "not-completed"
    WITHDRAWN = "withdrawn"
    SEASON_OVER = "season-over"


OPEN = (Status.AWAITING_EDUCATION, Status.AWAITING_PAYMENT, Status.AWAITING_EXAMINATION)
# A person may do everything to an open request, and nothing to a request that has ended.
MACHINE = StateMachine[Status, Action](
    {
        action: {
            status: Status.NOT_ISSUED if action is Action.WITHDRAW else status for status in OPEN
        }
        for action in Action
    },
    prefix="health_request_",
)
# The conditions of a certificate, by their codes, as people read them.
CONDITIONS: Mapping[str, Bilingual] = {
    "education": Bilingual("التثقيف الصحي", "Health education"),
    "payment": Bilingual("سداد الرسم", "The fee"),
    "examination": Bilingual("الفحص الطبي", "The examination"),
    "clearance": Bilingual("قرار الموظف بعد سحب شهادة", "An officer's decision after a revocation"),
}
CONDITIONS_NEXT: Mapping[str, Bilingual] = {
    "education": Bilingual(
        "اجتازوا دورة التثقيف الصحي، ويسجلها موظف البلدية.",
        "Pass the course of health education; an officer enters it.",
    ),
    "payment": Bilingual(
        "سددوا فاتورة الطلب. وإن أُبلغ العامل في المركز بأنه غير لائق فلا تسددوها؛ وما سُدد يعاد.",
        "Pay the request's bill. If the centre tells the worker that he is unfit, do not pay; what was paid"
        " goes back.",
    ),
    "examination": Bilingual(
        "راجعوا المركز الطبي المختار برقم الطلب والهوية.",
        "Go to the chosen centre with the request's number and the ID.",
    ),
    "clearance": Bilingual(
        "راجعوا البلدية التي سحبت الشهادة.", "See the municipality that revoked the certificate."
    ),
}
# Instead of the above, for the few readers of a result (`domain.access`) while an unfit result counts.
_AFTER_UNFIT = Bilingual(
    "نتيجة «غير لائق» هي النافذة. تتغير بفحص لائق في يوم بعد يومها، أو بتصحيح المركز الذي سجلها. وإلا انتهى الطلب"
    " من نفسه وأعيد ما سُدد؛ فلا تسددوا قبل ذلك.",
    "The result «unfit» counts, until a fit examination of a later day, or a correction by the centre that entered it."
    " Otherwise the request ends by itself and what was paid goes back; pay nothing before.",
)
NEXT_AFTER_UNFIT: Mapping[str, Bilingual] = {
    "payment": Bilingual(
        "لا تسددوا الفاتورة ما دامت النتيجة «غير لائق».",
        "Do not pay the bill while the result is «unfit».",
    ),
    "examination": _AFTER_UNFIT,
}
# For the payer of a request that ended without a certificate, until payments has agreed to send the money back. Whether
# the account was given is known to payments alone.
GIVE_ACCOUNT = Bilingual(
    "يعاد إليكم ما سددتم. في صفحة «مبالغ تُرد إليكم» تُدخلون رقم آيبان باسمكم وترون ما تم فيه، أو تحضرونه إلى البلدية،"
    " بلا موعد نهائي.",
    "What you paid goes back to you. On the page «My refunds» you give an IBAN in your name and see how far"
    " it is; or you bring it to the municipality, on any day.",
)
_NEXT_STEP: Mapping[Status, str] = {
    Status.AWAITING_EDUCATION: "applicant",
    Status.AWAITING_PAYMENT: "payment",
    Status.AWAITING_EXAMINATION: "applicant",
    Status.ISSUED: "none",
    Status.NOT_ISSUED: "none",
}


class PaymentTimeOver(Conflict):
    """A bill that is made now couldn't be paid in time: the request ends first. Looks at the clock only, so the refusal
    tells nothing of a result."""

    problem = "payment-time-over"


# The news of a payment may come late. Payments gives a bill up so long after its last day.
NEWS_OF_PAYMENT = timedelta(hours=24)


def completion_end(submitted_at: datetime, days: int) -> datetime:
    """Returns when a request ends for want of something: once its last day is over and the news of a payment on that
    day has come. A request that ended at the hour of its submission lost money that was paid later that day."""
    last = legal_day(submitted_at + timedelta(days=days))
    return midnight_after(last) + NEWS_OF_PAYMENT


def last_day_to_pay(completed_until: datetime) -> date:
    """Returns the last day on which a payment is known before the request ends."""
    return legal_day(completed_until - NEWS_OF_PAYMENT) - timedelta(days=1)


def last_day(condition: str, *, examined_until: datetime, completed_until: datetime) -> date:
    """Returns the last day on which the condition may be satisfied."""
    if condition == "examination":
        return legal_day(examined_until)
    return last_day_to_pay(completed_until)


def require_time_to_pay(completed_until: datetime, on: date) -> None:
    """Raises PaymentTimeOver after the last day to pay: the request would end before the news of the payment."""
    if on > last_day_to_pay(completed_until):
        raise PaymentTimeOver


def require_open(status: str, action: Action) -> None:
    """Raises IllegalTransition for a request that has ended."""
    MACHINE.after(action, status)


def next_step(status: str) -> str:
    """Returns who acts next on a request."""
    return _NEXT_STEP[Status(status)]


# Series of numbers. Each municipality draws from a series of its own, so that no municipality waits for another.
REQUESTS, CERTIFICATES = "request", "certificate"
# The digit keeps the numbers of the two series apart from each other, and from those of licences and applications.
_SERIES_DIGIT = {REQUESTS: "9", CERTIFICATES: "8"}


def number_text(series: str, municipality: str, year: int, number: int) -> str:
    """Returns a number in plain digits: the Hijri year, the municipality in two digits, the series' digit, the place.
    `1448048000017` is the 17th certificate that Saihat issued in 1448."""
    return f"{year}{DIGITS[municipality]}{_SERIES_DIGIT[series]}{number:06}"


@dataclass(frozen=True)
class FeeLine:
    """A part of the fee, and where the amount comes from."""

    code: str
    words: Bilingual
    because: Bilingual
    amount_halalas: int

    def record(self) -> dict[str, Any]:
        """Returns the line as an invoice carries it."""
        return {
            "code": self.code,
            **self.words.pair(),
            "because": self.because.pair(),
            "amount_halalas": self.amount_halalas,
        }


_FEE_NAMES: Mapping[str, Bilingual] = {
    ORDINARY: Bilingual("رسم الشهادة الصحية", "Fee of a health certificate"),
    SEASONAL: Bilingual("رسم الشهادة الصحية الموسمية", "Fee of a seasonal health certificate"),
    RENEWAL: Bilingual("رسم تجديد الشهادة الصحية", "Fee of a renewal"),
}
_BECAUSE = Bilingual("حسب جدول رسوم الشهادات الصحية", "By the table of fees of health certificates")


def fee_lines(kind: str, profession: Profession, rules: Rules) -> Sequence[FeeLine]:
    """Returns what a request of the kind costs, by the table only: nobody types an amount. A seasonal certificate costs
    as much when it's renewed."""
    code = RENEWAL if kind == RENEW else ORDINARY
    if profession.season is not None:
        code = SEASONAL
    return [FeeLine(code, _FEE_NAMES[code], _BECAUSE, rules.fees[code])]


@dataclass(frozen=True)
class Place:
    """A licence or an application, as licences published it last. `number`: the unified number, None for a professional
    in his own name; `ends_on`: a licence's last valid day, None for an application."""

    status: str
    municipality: str
    number: str | None
    trade_name: str | None
    licence_no: str | None
    application_no: str | None
    ends_on: date | None

    def is_good(self, on: date) -> bool:
        """Returns whether requests may name the place, and certificates be issued with it, on the day."""
        if self.licence_no is not None:
            return self.status == "valid" and self._is_unexpired(on)
        return self.status in GOOD_APPLICATION

    def keeps_workers(self, on: date) -> bool:
        """Returns whether a certificate that is issued on the day names the place. A suspension passes: a worker whose
        certificate falls into it stays the establishment's."""
        return self.is_good(on) or (self.status == SUSPENDED and self._is_unexpired(on))

    def _is_unexpired(self, on: date) -> bool:
        return self.ends_on is not None and on <= self.ends_on


def workplace_of(place: Place | None) -> str:
    """Returns what stands for the establishment in the rules of uniqueness: a worker has one open request, and one
    certificate in force, for a profession and workplace. The workplace is the unified number; without one the licence's
    or the application's number; without an establishment nothing."""
    return (place and (place.number or place.licence_no or place.application_no)) or ""


def site_of(place: Place | None) -> tuple[str | None, str | None]:
    """Returns what a move changes. A certificate may move within one establishment: licences counts the workers of a
    licence or an application, and an establishment has several."""
    if place is None:
        return None, None
    return place.number, place.licence_no or place.application_no
