"""A completion certificate whose ground fell away: flagged, for a person to decide."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis.outbox import publish
from permits import events
from permits.commands.journal import enter
from permits.domain.actors import Actor
from permits.domain.certificates import Status
from permits.models import Certificate, Permit


def flag_completion(
    session: Session,
    permit: Permit,
    actor: Actor,
    certificate_id: str,
    *,
    reason: str,
    now: datetime,
) -> bool:
    """Flags an issued completion certificate of the locked permit and publishes
    certificate.flagged.

    Marks it in the permit's state too, which the caller publishes. Answers whether there was
    anything to flag.
    """
    certificate = session.get_one(
        Certificate, certificate_id, with_for_update=True, populate_existing=True
    )
    if certificate.status != Status.ISSUED or certificate.flagged:
        return False
    certificate.flagged, certificate.flag_reason = True, reason
    enter(session, certificate, actor, "flag", now=now, note=reason)
    if permit.completion is not None and permit.completion["certificate_id"] == certificate_id:
        permit.completion = {**permit.completion, "flagged": True}
    publish(session, events.certificate_event("flagged", certificate.record(), now))
    return True
