"""Grants organisations what they may ask, amends and withdraws it; each change is published whole."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.ids import new_id
from chassis.outbox import publish
from identity import catalogue
from identity.commands.status import touch
from identity.domain.errors import AlreadyThere, NotThere, RuleBroken
from identity.domain.grants import ACTIVE, WITHDRAWN, Terms, check_active, check_audience
from identity.events import grant_event
from identity.models import Grant, Organisation


def create_grant(
    session: Session, *, organisation: str, audience: str, terms: Terms, by: str, now: datetime
) -> Grant:
    """Raises AlreadyThere when the organisation has an active grant for the service, and RuleBroken."""
    if session.get(Organisation, organisation, with_for_update=True) is None:
        raise RuleBroken("organisation", "organisation-unknown")
    check_audience(audience, catalogue.scopes().audiences)
    terms.check(now)
    if active_grant(session, organisation, audience):
        raise AlreadyThere("grant-exists")
    grant = Grant(
        grant_id=new_id(),
        organisation=organisation,
        audience=audience,
        **vars(terms),
        status=ACTIVE,
        version=1,
        created_at=now,
        changed_at=now,
        changed_by=by,
    )
    session.add(grant)
    session.flush()
    publish(session, grant_event("granted", grant.record(), now))
    return grant


def amend_grant(session: Session, grant_id: str, *, terms: Terms, by: str, now: datetime) -> Grant:
    """Replaces the terms. Raises NotThere, WrongStatus for a withdrawn grant, and RuleBroken."""
    grant = _locked(session, grant_id)
    check_active(grant.status)
    terms.check(now)
    for name, value in vars(terms).items():
        setattr(grant, name, value)
    return _changed(session, grant, "amended", by, now)


def withdraw_grant(
    session: Session, grant_id: str, *, reason: str, by: str, now: datetime
) -> Grant:
    """Ends it for good. Raises NotThere and WrongStatus."""
    grant = _locked(session, grant_id)
    check_active(grant.status)
    grant.status, grant.withdrawal_reason = WITHDRAWN, reason
    return _changed(session, grant, "withdrawn", by, now)


def active_grant(session: Session, organisation: str, audience: str) -> Grant | None:
    """The one grant that an organisation has for a service, if it has one."""
    return session.scalar(
        select(Grant).where(
            Grant.organisation == organisation,
            Grant.audience == audience,
            Grant.status == ACTIVE,
        )
    )


def _changed(session: Session, grant: Grant, happened: str, by: str, now: datetime) -> Grant:
    touch(grant, by, now)
    session.flush()
    publish(session, grant_event(happened, grant.record(), now))
    return grant


def _locked(session: Session, grant_id: str) -> Grant:
    grant = session.get(Grant, grant_id, with_for_update=True)
    if grant is None:
        raise NotThere(grant_id)
    return grant
