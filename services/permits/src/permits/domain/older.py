"""Permits from before the system: Balady's and those on paper. How one is read, and when it may be built on.

Its number is its own, and its parts are as at issue. The clerk who enters it may err, or lie: until another
person has checked it against its source, nothing follows from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Conflict
from permits.domain.application import Application, read_parts, warn_across_fields
from permits.domain.land import NO_TOWNS, Town
from permits.domain.permits import KINDS, Kind, expiry
from permits.domain.reading import Findings
from saudi.days import FIRST_DAY
from saudi.text import compact, tidy

NUMBER = "permit_number"
NUMBER_LENGTH = 30


class Origin(StrEnum):
    """The first issuer of a permit."""

    SYSTEM = "system"
    BALADY = "balady"
    PAPER = "paper"


ORIGIN_TITLES = {
    Origin.SYSTEM: ("صادرة من النظام", "issued by this system"),
    Origin.BALADY: ("صادرة من بلدي", "issued on Balady"),
    Origin.PAPER: ("ورقية", "on paper"),
}


class AlreadyEntered(Conflict):
    """The municipality has a permit of that origin and number."""

    problem = "already-entered"


class PermitUnverified(Conflict):
    """Nobody has checked the older permit against its source yet."""

    problem = "permit-unverified"


class AlreadyVerified(Conflict):
    """There's nothing to verify."""

    problem = "already-verified"


@dataclass(frozen=True)
class Older:
    """An older permit, checked and normalised. `application` has its parts; `source` says where its paper is."""

    origin: Origin
    permit_number: str
    request_number: str | None
    transaction_number: str | None
    issued_on: date
    expires_on: date
    source: str
    application: Application


def parse(
    data: Mapping[str, Any], *, today: date, towns: Mapping[str, Town] = NO_TOWNS
) -> tuple[Older, Findings]:
    """Parses an older permit in the shape of the contract's OlderPermit, with its days read. `towns`: whose
    districts are known. Raises InvalidFields with every fault."""
    findings = Findings()
    kind = Kind(data["kind"])
    works = _works(kind, data.get("works"), findings)
    issued_on = data["issued_on"]
    _check_issued(issued_on, today, findings)
    older = Older(
        origin=Origin(data["origin"]),
        permit_number=_number(data["permit_number"], findings),
        request_number=compact(data.get("request_number") or "") or None,
        transaction_number=tidy(data.get("transaction_number") or "") or None,
        issued_on=issued_on,
        # One of the future is refused, and its end may lie beyond the calendar.
        expires_on=data.get("expires_on") or expiry(min(issued_on, today)),
        source=_source(data["source"]["reference"], findings),
        application=read_parts(data, kind, works, findings, today=today, towns=towns, older=True),
    )
    if data.get("expires_on") and older.expires_on < issued_on:
        findings.fault("expires_on", "before-start")
    findings.settle()
    warn_across_fields(older.application, findings)
    return older, findings


def _works(kind: Kind, written: str | None, findings: Findings) -> str:
    """Returns the works. A renewal states them, because nobody entered the permits before."""
    if not KINDS[kind].same_works:
        findings.fault("works", "not-allowed" if written not in (None, kind.value) else None)
        return kind.value
    if written is None:
        findings.fault("works", "required")
    return written or Kind.NEW.value


def _number(written: str, findings: Findings) -> str:
    number = compact(written)
    findings.fault("permit_number", None if number else "required")
    if len(number) > NUMBER_LENGTH:
        findings.fault("permit_number", "too-long", limit=NUMBER_LENGTH)
    return number


def _source(written: str, findings: Findings) -> str:
    reference = tidy(written)
    findings.fault("source.reference", None if reference else "required")
    return reference


def _check_issued(issued_on: date, today: date, findings: Findings) -> None:
    if issued_on > today:
        findings.fault("issued_on", "future-date")
    if issued_on < FIRST_DAY:
        findings.fault("issued_on", "outside-calendar")


def require_verified(permit_number: str, *, verified: bool) -> None:
    """Refuses to build anything on an unverified permit. Raises PermitUnverified."""
    if not verified:
        raise PermitUnverified(permit_number=permit_number)


def require_unverified(*, verified: bool) -> None:
    """Raises AlreadyVerified."""
    if verified:
        raise AlreadyVerified
