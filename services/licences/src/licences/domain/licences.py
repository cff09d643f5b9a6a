"""A licence's states, its term, and when it may be renewed."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

from chassis.core.refusals import Conflict
from chassis.core.state_machine import StateMachine
from saudi.days import add_years

PROFESSIONAL = "professional"
KINDS = {
    "shop": "shop_licence",
    "engineering_office": "office_licence",
    PROFESSIONAL: "professional_licence",
}
# The parts of the place that are printed.
_PLACE = ("town", "district", "street", "plan", "plot", "latitude", "longitude")


class Status(StrEnum):
    """Expired is no status: it's computed. `CLOSED`: the place is closed because of a violation."""

    VALID = "valid"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class Action(StrEnum):
    """What is done to a licence."""

    ISSUE = "issue"
    RENEW = "renew"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    CANCEL = "cancel"
    CLOSE = "close"
    CORRECT = "correct"


_LASTING = (Status.VALID, Status.SUSPENDED, Status.CLOSED)
TITLES: Mapping[Action, Mapping[str, str]] = {
    Action.ISSUE: {"ar": "الإصدار", "en": "Issue"},
    Action.RENEW: {"ar": "التجديد", "en": "Renewal"},
    Action.SUSPEND: {"ar": "الإيقاف", "en": "Suspension"},
    Action.REINSTATE: {"ar": "الإعادة", "en": "Reinstatement"},
    Action.CANCEL: {"ar": "الإلغاء", "en": "Cancellation"},
    Action.CLOSE: {"ar": "إغلاق المحل", "en": "Closing of the place"},
    Action.CORRECT: {"ar": "التصحيح", "en": "Correction"},
}
LIFE = StateMachine[Status, Action](
    steps={
        Action.RENEW: {Status.VALID: Status.VALID},
        Action.SUSPEND: {Status.VALID: Status.SUSPENDED},
        Action.REINSTATE: dict.fromkeys((Status.SUSPENDED, Status.CLOSED), Status.VALID),
        Action.CANCEL: dict.fromkeys(_LASTING, Status.CANCELLED),
        Action.CLOSE: dict.fromkeys((Status.VALID, Status.SUSPENDED), Status.CLOSED),
        Action.CORRECT: {status: status for status in _LASTING},
    },
    titles=TITLES,
)
EXPIRED = "expired"
# The municipality stopped the licence; the licence's last day doesn't end the stop.
STOPPED = (Status.SUSPENDED, Status.CLOSED)


class LicenceEnded(Conflict):
    """The licence has ended, and the actor sees no successor."""

    problem = "licence-ended"


class Held(Protocol):
    """A licence as it's stored."""

    @property
    def establishment(self) -> str | None: ...
    @property
    def owner_number(self) -> str | None: ...


def status_after_stop(status: str, before: str | None) -> Status:
    """Returns the status after the end of a suspension or closing. `before`: the status of a closed licence when it
    was closed; a licence that was suspended then is suspended again. Raises IllegalTransition."""
    after = LIFE.after(Action.REINSTATE, status)
    return Status(before) if status == Status.CLOSED and before else after


def same_holder(one: Held, other: Held) -> bool:
    """Returns whether two licences belong to one establishment, or to one professional."""
    if one.establishment or other.establishment:
        return one.establishment == other.establishment
    return one.owner_number is not None and one.owner_number == other.owner_number


def effective(status: str, expires_on: date, today: date) -> str:
    """Returns the status that people read: a valid licence after its last day is expired."""
    return EXPIRED if status == Status.VALID and expires_on < today else status


def term_from(first_day: date, years: int) -> date:
    """Returns the last valid day of a term of Gregorian years that begins on the day."""
    return add_years(first_day, years) - timedelta(days=1)


def renewed_until(expires_on: date, years: int, today: date) -> date:
    """Returns the last valid day after a renewal: in time it goes on from the end, late it begins today."""
    first = expires_on + timedelta(days=1) if today <= expires_on else today
    return term_from(first, years)


def renewable_from(expires_on: date, days: int) -> date:
    """Returns the first day on which a renewal may be asked for."""
    return expires_on - timedelta(days=days)


def applicant_actions(status: str, opens_on: date, today: date) -> list[str]:
    """Returns what the owner may ask for today: the renewal from its first day on, a move, the end. Nothing is asked
    for about a licence that is stopped or over."""
    if status in (*STOPPED, Status.CANCELLED):
        return []
    return [*(["renew"] if today >= opens_on else []), "move", "end"]


_STAFF = (Action.SUSPEND, Action.REINSTATE, Action.CANCEL, Action.CORRECT)


def staff_actions(status: str, opens_on: date, today: date, *, has_name: bool) -> list[str]:
    """Returns what staff may do about a licence today. `has_name`: a trade name can be corrected."""
    possible = LIFE.possible(status)
    actions = [one.value for one in _STAFF if one in possible]
    renewal = ["renew"] if "renew" in applicant_actions(status, opens_on, today) else []
    return [*renewal, *(one for one in actions if one != Action.CORRECT or has_name)]


class NothingToPrint(Conflict):
    """Only a valid licence has a document."""

    problem = "document-not-available"


class Licensed(Protocol):
    """A licence as it's kept."""

    @property
    def licence_no(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def municipality(self) -> str: ...
    @property
    def establishment(self) -> str | None: ...
    @property
    def trade_name(self) -> dict[str, Any] | None: ...
    @property
    def activities(self) -> list[dict[str, Any]]: ...
    @property
    def body(self) -> Any: ...
    @property
    def issued_on(self) -> date: ...
    @property
    def expires_on(self) -> date: ...


def content_of(licence: Licensed) -> dict[str, Any]:
    """What is printed, as JSON values. Raises NothingToPrint for a licence whose personal data were emptied."""
    if licence.body is None:
        raise NothingToPrint
    place: Mapping[str, Any] = licence.body.get("place") or {}
    # Only where there's one: another content is another document.
    engineering = licence.body.get("engineering")
    return {
        **({"engineering": dict(engineering)} if engineering else {}),
        "kind": licence.kind,
        "number": licence.licence_no,
        "municipality": licence.municipality,
        "establishment": licence.establishment,
        "trade_name": licence.trade_name,
        "holder": licence.body["owner"]["name"],
        "activities": licence.activities,
        "issued_on": licence.issued_on.isoformat(),
        "expires_on": licence.expires_on.isoformat(),
        "area_m2": str(licence.body["area_m2"]) if licence.body.get("area_m2") else None,
        "place": {name: place.get(name) for name in _PLACE},
    }
