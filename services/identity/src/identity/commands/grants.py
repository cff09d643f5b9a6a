"""Grants: created, amended, withdrawn; each change publishes the whole grant."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import NotFound, not_blank
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish
from identity import catalogue
from identity.commands.changes import change_terms
from identity.domain.errors import GrantExists, InvalidRegistration
from identity.domain.grants import ACTIVE, WITHDRAWN, Terms, check_active, check_audience
from identity.domain.registration import Action
from identity.events import grant_event
from identity.models import Grant, Organisation


def create_grant(work: UnitOfWork, *, organisation: str, audience: str, terms: Terms) -> Grant:
    """Adds a grant. Raises GrantExists for a second active grant of organisation and service, and
    InvalidRegistration."""
    try:
        work.lock(Organisation, organisation)  # one transaction at a time adds a grant
    except NotFound:
        raise InvalidRegistration.of("organisation", "organisation-unknown") from None
    check_audience(audience, catalogue.scopes().audiences)
    terms.check(work.now)
    if find_active_grant(work.session, organisation, audience):
        raise GrantExists
    grant = Grant(
        grant_id=new_id(),
        organisation=organisation,
        audience=audience,
        **vars(terms),
        status=ACTIVE,
    )
    work.record_change(grant, Action.REGISTER)
    work.session.add(grant)
    return _publish_grant(work.session, grant, "granted", work.now)


def amend_grant(work: UnitOfWork, grant_id: str, *, terms: Terms) -> Grant:
    """Replaces the terms. Raises NotFound, InvalidRegistration, and WrongStatus for a withdrawn grant."""
    grant = work.lock(Grant, grant_id)
    check_active(grant.status, "amend")
    terms.check(work.now)
    change_terms(work, grant, vars(terms))
    return _publish_grant(work.session, grant, "amended", work.now)


def withdraw_grant(work: UnitOfWork, grant_id: str, *, reason: str) -> Grant:
    """Withdraws a grant for good. Raises InvalidFields, NotFound and WrongStatus."""
    reason = not_blank(reason, "reason")
    grant = work.lock(Grant, grant_id)
    check_active(grant.status, "withdraw")
    grant.status, grant.withdrawal_reason = WITHDRAWN, reason
    work.record_change(grant, Action.WITHDRAW, note=reason)
    return _publish_grant(work.session, grant, "withdrawn", work.now)


def find_active_grant(session: Session, organisation: str, audience: str) -> Grant | None:
    """Returns the organisation's active grant for a service, or None."""
    return session.scalar(
        select(Grant).where(
            Grant.organisation == organisation, Grant.audience == audience, Grant.status == ACTIVE
        )
    )


def _publish_grant(session: Session, grant: Grant, happened: str, now: datetime) -> Grant:
    session.flush()
    publish(session, grant_event(happened, grant.record(), now))
    return grant
