"""Gathers the facts that are known of an application at a time: the recorded ones, and those of other tables."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.times import rfc3339
from licences.commands.building_permits import permit_fact
from licences.commands.certified import share_of
from licences.commands.moving import left_by
from licences.commands.outstanding import unpaid_final
from licences.commands.stopped import stopped_fact
from licences.domain import facts as known
from licences.domain.asked import ISSUE, RENEW, Asked, Term, asked_of
from licences.domain.facts import Fact, Facts, Source
from licences.models import Application, Licence
from licences.models import Fact as FactRow
from saudi.days import legal_day


def asked_now(session: Session, row: Application) -> Asked:
    """The application, as the rules see it."""
    return asked_of(
        row.body,
        request=row.request,
        municipality=row.municipality,
        submitted_on=legal_day(row.submitted_at),
        term=_term(session, row),
    )


def _term(session: Session, row: Application) -> Term | None:
    if row.request == ISSUE:
        licence = left_by(session, row)
    else:
        licence = session.get(Licence, row.licence_id) if row.licence_id is not None else None
    if licence is None:
        return None
    return Term(licence.licence_no, licence.status, licence.expires_on)


def facts_of(session: Session, row: Application, asked: Asked, *, on: date, now: datetime) -> Facts:
    """The newest fact of each name, for a decision of this day. What an event told of a building permit comes before
    what an officer saw of it."""
    found = recorded(session, row.application_id)
    found[known.VIOLATIONS] = _violations(session, asked, now)
    if asked.request != RENEW:
        found[known.STOPPED] = stopped_fact(session, row, asked, now=now)
    if (permit := permit_fact(session, asked, town=row.town, on=on)) is not None:
        found[known.PERMIT] = permit
    if (health := share_of(session, row, found.get(known.HEALTH), on=on)) is not None:
        found[known.HEALTH] = health
    return found


def recorded(session: Session, application_id: str) -> dict[str, Fact]:
    """The newest recorded fact of each name. A row without a value says that nothing is known any more."""
    statement = (
        select(FactRow).where(FactRow.application_id == application_id).order_by(FactRow.fact_id)
    )
    found: dict[str, Fact] = {}
    for one in session.scalars(statement):
        found.pop(one.name, None)
        if one.value is not None:
            found[one.name] = Fact(one.name, one.value, Source.read(one.source), one.valid_until)
    return found


def _violations(session: Session, asked: Asked, now: datetime) -> Fact:
    unpaid = unpaid_final(
        session,
        owner_number=asked.owner,
        establishment=asked.establishment,
        licence_no=asked.term.licence_no if asked.term else None,
    )
    source = Source("licences", rfc3339(now))
    return Fact(known.VIOLATIONS, {"unpaid_final": list(unpaid)}, source)


def keep_fact(session: Session, application_id: str, fact: Fact, *, now: datetime) -> None:
    """Records a fact; what was known under its name before stays, and counts no more."""
    session.add(
        FactRow(
            application_id=application_id,
            name=fact.name,
            value=dict(fact.value),
            source=fact.source.record(),
            known_at=now,
            valid_until=fact.valid_until,
        )
    )
    session.flush()


def forget_facts(
    session: Session, application_id: str, names: Iterable[str], *, now: datetime
) -> None:
    """Records that nothing is known under these names any more; what was known stays, and counts no more."""
    known_now = recorded(session, application_id)
    source = Source("licences", rfc3339(now)).record()
    for name in (one for one in names if one in known_now):
        session.add(
            FactRow(
                application_id=application_id, name=name, value=None, source=source, known_at=now
            )
        )
    session.flush()
