"""The filters of lists. They combine; a filter that is None selects everything."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class RequestSearch:
    """Filters of the list of requests; they combine. `permit_number` is of the permit that was issued; `submitted_to`
    is the day after the last."""

    request_number: str | None = None
    permit_number: str | None = None
    plan_number: str | None = None
    plot: str | None = None
    deed_number: str | None = None
    survey_decision: str | None = None
    town: str | None = None
    district: str | None = None
    kind: str | None = None
    status: str | None = None
    municipality: str | None = None
    submitted_from: date | None = None
    submitted_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class PermitSearch:
    """Filters of a permit search; they combine. `status` may be `expired`; `issued_to` is the day
    after the last."""

    permit_number: str | None = None
    request_number: str | None = None
    plan_number: str | None = None
    plot: str | None = None
    deed_number: str | None = None
    survey_decision: str | None = None
    town: str | None = None
    district: str | None = None
    municipality: str | None = None
    kind: str | None = None
    status: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class LookSearch:
    """Filters of the record of who looked for people; they combine. `until` is the day after the last."""

    subject: str | None = None
    kind: str | None = None
    municipality: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class ReleaseSearch:
    """Filters of the list of releases; they combine."""

    status: str | None = None
    flagged: bool | None = None
    municipality: str | None = None
    permit_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class AppealSearch:
    """Filters of the list of appeals; they combine. `overdue`: whether the day to decide is over."""

    status: str | None = None
    against: str | None = None
    overdue: bool | None = None
    municipality: str | None = None
