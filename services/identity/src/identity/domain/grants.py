"""Grants: which queries an organisation may make of a service, how many, and what it may enter there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chassis.core.refusals import Findings
from identity.domain.errors import InvalidRegistration, WrongStatus
from saudi.days import legal_day

ACTIVE, WITHDRAWN = "active", "withdrawn"
DATE_RANGE = "issue-date-range"
# Fields that no grant may name: an owner's contacts, and whole numbers.
NEVER_GRANTED = frozenset(("mobile", "contacts", "inquiry", "id_number"))


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms of a grant, in force while `valid_from <= now < valid_until`. `widest_span_days`: only for date ranges.
    `entry_kinds`: the entries that the organisation's staff may make."""

    purposes: list[str]
    query_kinds: list[str]
    entry_kinds: list[str]
    widest_span_days: int | None
    fields: list[str]
    rows_per_day: int
    valid_from: datetime
    valid_until: datetime

    @classmethod
    def read(cls, terms: Mapping[str, Any]) -> "Terms":
        """Reads the contract's form; times are RFC 3339. Raises InvalidRegistration for a time outside the calendar."""
        return cls(
            purposes=list(terms["purposes"]),
            query_kinds=list(terms["query_kinds"]),
            entry_kinds=list(terms.get("entry_kinds", ())),
            widest_span_days=terms.get("widest_span_days"),
            fields=list(terms["fields"]),
            rows_per_day=terms["rows_per_day"],
            valid_from=_time(terms, "valid_from"),
            valid_until=_time(terms, "valid_until"),
        )

    def check(self, now: datetime) -> None:
        """Raises InvalidRegistration. `now`: the time of the agreement; terms that have ended are refused."""
        findings = Findings(InvalidRegistration)
        if (DATE_RANGE in self.query_kinds) != (self.widest_span_days is not None):
            findings.fault("widest_span_days", "span-required")
        if any(NEVER_GRANTED & set(name.split(".")) for name in self.fields):
            findings.fault("fields", "field-never-granted")
        if self.valid_until <= self.valid_from:
            findings.fault("valid_until", "period")
        elif self.valid_until <= now:
            findings.fault("valid_until", "in-the-past")
        findings.settle()


def check_audience(audience: str, known: Collection[str]) -> None:
    """Raises InvalidRegistration for a service without a scope."""
    if audience not in known:
        raise InvalidRegistration.of("audience", "audience-unknown")


def check_active(status: str, action: str) -> None:
    """Raises WrongStatus unless the grant is active."""
    if status != ACTIVE:
        raise WrongStatus(action, status)


def _time(terms: Mapping[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(terms[name]).astimezone(UTC)
        legal_day(moment)
        return moment
    except (ValueError, OverflowError):
        raise InvalidRegistration.of(name, "format", example="2027-01-01T00:00:00Z") from None
