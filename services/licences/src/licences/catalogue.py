"""Inputs of the rules: the versions of the rules, and the reference data of `contracts/reference`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.core.refusals import NotFound
from licences.domain.declarations import Towns
from licences.domain.fines import Table
from licences.domain.rule_rows import FeeLimits
from licences.domain.rule_versions import RuleStatus
from licences.domain.rules import Rules
from licences.models import Activity, RuleVersion
from saudi.bilingual import Bilingual
from saudi.branches import names_by_code
from saudi.working_time import WorkingTime

FIRST_RULES = "2026.1.yaml"


@cache
def fee_limits() -> FeeLimits:
    """Returns the limits on fees of the form of the rules (`RuleDocument`)."""
    form = contracts.openapi("licences")["components"]["schemas"]["RuleDocument"]["properties"]
    halalas = form["fees"]["items"]["properties"]["halalas"]["maximum"]
    return FeeLimits(halalas=halalas, rows=form["fees"]["maxItems"])


@cache
def first_rules() -> Mapping[str, Any]:
    """Returns the version of the rules that the service brings along."""
    document: Mapping[str, Any] = yaml.safe_load(first_rules_text())
    return document


def first_rules_text() -> str:
    """Returns the file of the version of the rules that the service brings along."""
    return (files("licences") / "rules" / FIRST_RULES).read_text("utf-8")


@cache
def everyday_words() -> Mapping[str, Sequence[str]]:
    """Returns the everyday words by which people look for an activity, by its code."""
    found: Mapping[str, Sequence[str]] = contracts.read("reference/activity-words.yaml")
    return found


@cache
def municipalities() -> Mapping[str, Bilingual]:
    """Returns the names of the municipality and its branches, by code, in the order of
    `contracts/reference/places.yaml`."""
    return names_by_code(contracts.read("reference/places.yaml"))


@cache
def office() -> WorkingTime:
    """Returns the municipality's working days, of `contracts/reference/working-time.yaml`."""
    return WorkingTime.read(contracts.read("reference/working-time.yaml"))


@cache
def towns() -> Towns:
    """Returns the towns of the governorate, found in any spelling."""
    return Towns.read(contracts.read("reference/places.yaml")["towns"])


@cache
def violation_table() -> Table:
    """Returns the table of violations and fines, of `contracts/reference/violations.yaml`."""
    return Table.read(contracts.read("reference/violations.yaml"))


# Of versions that hold, the first is in force.
NEWEST_RULES = (RuleVersion.effective_from.desc(), RuleVersion.loaded_at.desc())
# A loaded version never changes, so a process reads it once. Its time tells versions of several databases apart.
_VERSIONS_READ: dict[tuple[str, datetime], Rules] = {}
_READ_BY_SESSION, _IN_FORCE = "licences.rules", "licences.rules.in_force"


def version_in_force(session: Session, on: date) -> str | None:
    """Returns the name of the newest version that holds on the day; None before the first was loaded."""
    newest = _in_force(session, on)
    return newest[0] if newest else None


def rules_on(session: Session, on: date) -> Rules:
    """Returns the version that holds on the day. Raises NotFound before the first was loaded."""
    newest = _in_force(session, on)
    if newest is None:
        raise NotFound
    return _read_version(session, *newest)


def rules_named(session: Session, name: str) -> Rules:
    """Returns a version that decided something, by its name. Reads no table if this session has read the version.
    Raises NotFound."""
    if (known := _read_by(session).get(name)) is not None:
        return known
    statement = select(RuleVersion.loaded_at).where(RuleVersion.name == name)
    loaded_at = session.scalar(statement)
    if loaded_at is None:
        raise NotFound
    return _read_version(session, name, loaded_at)


def version_replaced_on(session: Session, name: str, first_day: date) -> RuleVersion | None:
    """Returns the version that would hold on the first day of the named version, if that were never approved."""
    statement = select(RuleVersion).where(
        RuleVersion.status == RuleStatus.APPROVED.value,
        RuleVersion.name != name,
        RuleVersion.effective_from <= first_day,
    )
    return session.scalars(statement.order_by(*NEWEST_RULES).limit(1)).one_or_none()


def version_after(session: Session, name: str, first_day: date) -> RuleVersion | None:
    """Returns the approved version that replaces the named one, or would replace it."""
    statement = select(RuleVersion).where(
        RuleVersion.status == RuleStatus.APPROVED.value,
        RuleVersion.name != name,
        RuleVersion.effective_from > first_day,
    )
    return session.scalars(statement.order_by(RuleVersion.effective_from).limit(1)).one_or_none()


def document_before(session: Session, name: str, first_day: date) -> Mapping[str, Any] | None:
    """Returns the document of the version that the named one replaces."""
    row = version_replaced_on(session, name, first_day)
    return row.document if row else None


def _in_force(session: Session, on: date) -> tuple[str, datetime] | None:
    """Returns name and time of loading, in one statement for each session and day: an application that is sent and its
    decision ask several times, and go by one version."""
    known: dict[date, tuple[str, datetime]] = session.info.setdefault(_IN_FORCE, {})
    if on not in known and (found := _find_in_force(session, on)) is not None:
        known[on] = found
    return known.get(on)


def forget_versions_in_force(session: Session) -> None:
    """Lets the session ask anew which version holds, after one came or went."""
    session.info.pop(_IN_FORCE, None)


def _find_in_force(session: Session, on: date) -> tuple[str, datetime] | None:
    holding = (RuleVersion.status == RuleStatus.APPROVED.value, RuleVersion.effective_from <= on)
    statement = select(RuleVersion.name, RuleVersion.loaded_at).where(*holding)
    found = session.execute(statement.order_by(*NEWEST_RULES).limit(1)).one_or_none()
    return None if found is None else (found.name, found.loaded_at)


def _read_version(session: Session, name: str, loaded_at: datetime) -> Rules:
    if (name, loaded_at) not in _VERSIONS_READ:
        document = session.scalars(
            select(RuleVersion.document).where(RuleVersion.name == name)
        ).one()
        _VERSIONS_READ[name, loaded_at] = Rules.read(document)
    rules = _read_by(session)[name] = _VERSIONS_READ[name, loaded_at]
    return rules


def _read_by(session: Session) -> dict[str, Rules]:
    known: dict[str, Rules] = session.info.setdefault(_READ_BY_SESSION, {})
    return known


def list_activities(session: Session) -> Sequence[Activity]:
    """Returns all published activities, by code."""
    return session.scalars(select(Activity).order_by(Activity.code)).all()


def get_activity(session: Session, code: str) -> Activity:
    """Returns one. Raises NotFound."""
    row = session.get(Activity, code)
    if row is None:
        raise NotFound
    return row
