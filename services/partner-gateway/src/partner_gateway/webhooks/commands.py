"""What an administrator does with the organisation's webhooks, and what happens to them without one."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from chassis.access import revocations
from chassis.access.auth import Caller
from chassis.core.actors import Actor, SystemActor
from chassis.core.ids import new_id
from chassis.core.outgoing import Forbidden, Outgoing
from chassis.core.refusals import InvalidFields, NotFound
from chassis.core.standard_webhooks import new_secret
from chassis.data.advisory import one_at_a_time
from chassis.data.aggregates import lock, lock_where, record_change
from partner_gateway import feed
from partner_gateway.domain import follow_refusal
from partner_gateway.domain.following import GrantRefused
from partner_gateway.feed.cursors import NOW, Cursors, EventsGone, Reader, head_of
from partner_gateway.feed.hearing import is_partner
from partner_gateway.models import Webhook, WebhookDelivery
from partner_gateway.queries.grants import grant_of
from partner_gateway.webhooks import rules
from partner_gateway.webhooks.rules import Reason, State

ITSELF = SystemActor("webhooks", "partner-gateway")
_GOING = (State.PENDING, State.ACTIVE, State.OFF)
_ORGANISATION = "webhook.organisation"


def register(
    session: Session, actor: Actor, reader: Reader, url: str, *, outgoing: Outgoing, now: datetime
) -> Webhook:
    """Raises InvalidFields for an address that isn't asked, GrantRefused, WebhooksFull and WebhookRegistered."""
    _check_url(url, outgoing)
    require_grant(session, reader, now)
    # One at a time: a lock on those that are there doesn't keep another request from adding one.
    one_at_a_time(session, _ORGANISATION, reader.organisation)
    others = session.scalars(
        select(Webhook).where(
            Webhook.organisation == reader.organisation, Webhook.state != State.REMOVED
        )
    ).all()
    if any(one.url == url for one in others):
        raise rules.WebhookRegistered
    if len(others) >= rules.MOST_WEBHOOKS:
        raise rules.WebhooksFull
    row = Webhook(
        webhook_id=new_id(),
        organisation=reader.organisation,
        audience=reader.audience,
        url=url,
        secret=new_secret(),
        state=State.PENDING,
        created_at=now,
        challenge_tries=0,
        failures=0,
    )
    session.add(row)
    record_change(session, row, actor, "register", now=now)
    session.flush()
    return row


def ask_challenge(
    session: Session,
    actor: Caller,
    reader: Reader,
    webhook_id: str,
    *,
    cursors: Cursors,
    now: datetime,
) -> Webhook:
    """The address has to prove itself, for the first time or again. Raises NotFound, WebhookRemoved, GrantRefused, and
    EventsGone where it would go on behind changes that aren't kept any more: a replay says from where it goes on.
    Raises RevokedSince too: a process learns of a suspension half a second late, and what it lets in by then would open
    the webhook for good."""
    # Before or after a suspension, never beside it: the one sees what the other did.
    one_at_a_time(session, _ORGANISATION, reader.organisation)
    revocations.require_current(session, actor.revocation_names(), actor.issued_at)
    row = own(session, reader.organisation, webhook_id)
    require_grant(session, reader, now)
    first, _ = head_of(session, row.audience)
    if row.place is not None and row.place + 1 < first:
        raise EventsGone("expired", cursors.days)
    row.challenge_asked_at = row.challenge_due_at = now
    row.challenge_tries, row.challenge_outcome = 0, None
    record_change(session, row, actor, "challenge", now=now)
    return row


def rotate_secret(
    session: Session, actor: Actor, organisation: str, webhook_id: str, *, now: datetime
) -> Webhook:
    """A new secret; the present one signs besides for a day. Raises NotFound and WebhookRemoved."""
    row = own(session, organisation, webhook_id)
    row.older_secret, row.older_secret_until = row.secret, now + rules.OVERLAP
    row.secret, row.secret_rotated_at = new_secret(), now
    record_change(session, row, actor, "rotate_secret", now=now)
    return row


def replay(
    session: Session,
    actor: Actor,
    reader: Reader,
    webhook_id: str,
    *,
    after: str,
    cursors: Cursors,
    now: datetime,
) -> Webhook:
    """Goes on behind a cursor: backwards, so that changes are told once more, or forwards, so that those that wait
    aren't. Raises NotFound, WebhookRemoved, GrantRefused, InvalidFields and EventsGone."""
    row = own(session, reader.organisation, webhook_id)
    require_grant(session, reader, now)
    first, last = head_of(session, row.audience)
    place = last if after == NOW else cursors.read(reader, after)
    cursors.check(place, first, last)
    session.execute(
        delete(WebhookDelivery).where(
            WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.due_at.is_not(None)
        )
    )
    # Nobody tries the address any more with what failed: the five days begin with the next failure.
    row.place, row.resting_until, row.failing_since, row.failures = place, None, None, 0
    record_change(session, row, actor, "replay", now=now, details={"place": place})
    return row


def remove(
    session: Session, actor: Actor, organisation: str, webhook_id: str, *, now: datetime
) -> Webhook:
    """Nothing is told any more. Raises NotFound and WebhookRemoved."""
    row = own(session, organisation, webhook_id)
    row.state, row.reason, row.challenge_due_at = State.REMOVED, None, None
    row.secret = row.older_secret = row.older_secret_until = None
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id))
    record_change(session, row, actor, "remove", now=now)
    return row


def stop_of_organisation(
    session: Session, organisation: str, now: datetime, reason: Reason = Reason.SUSPENDED
) -> int:
    """Stops what a suspended organisation is told, and ends a challenge of what was stopped before. Goes on only when
    somebody with a new token asks for a challenge. Answers how many."""
    one_at_a_time(session, _ORGANISATION, organisation)
    there = (Webhook.organisation == organisation) & (Webhook.state != State.REMOVED)
    rows = [
        row
        for row in lock_where(session, Webhook, there)
        if row.state in _GOING or row.challenge_due_at is not None
    ]
    for row in rows:
        row.state, row.reason, row.challenge_due_at = State.STOPPED, reason, None
        record_change(session, row, ITSELF, "stop", now=now)
    return len(rows)


def stop_without_grant(session: Session, organisation: str, now: datetime) -> int:
    """Stops what a partner is told whose grant doesn't allow to follow, or not any more. Goes on likewise."""
    if follow_refusal(grant_of(session, organisation, now), now) is None:
        return 0
    return stop_of_organisation(session, organisation, now, Reason.GRANT_ENDED)


def stop_all_without_grant(session: Session, now: datetime) -> int:
    """The same for all partners: that the term of a grant is over is no event."""
    statement = select(Webhook.organisation).where(
        Webhook.state.in_(_GOING), Webhook.audience.startswith(feed.partner(""), autoescape=True)
    )
    partners = sorted(set(session.scalars(statement)))
    return sum(stop_without_grant(session, one, now) for one in partners)


def require_grant(session: Session, reader: Reader, now: datetime) -> None:
    """Raises GrantRefused for a partner that may not follow. A municipality needs no grant."""
    if is_partner(reader.audience):
        refusal = follow_refusal(grant_of(session, reader.organisation, now), now)
        if refusal is not None:
            raise GrantRefused(refusal.code, **refusal.params)


def forget_older_secrets(session: Session, now: datetime) -> None:
    """Deletes secrets whose day of overlap is over."""
    session.execute(
        update(Webhook)
        .where(Webhook.older_secret_until < now)
        .values(older_secret=None, older_secret_until=None)
    )


def forget_deliveries(session: Session, before: datetime) -> None:
    """Deletes deliveries that ended before a time."""
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.ended_at < before))


def own(session: Session, organisation: str, webhook_id: str) -> Webhook:
    """The organisation's webhook, locked. Raises NotFound, for another one's too, and WebhookRemoved."""
    row = lock(session, Webhook, webhook_id)
    if row.organisation != organisation:
        raise NotFound
    if row.state == State.REMOVED:
        raise rules.WebhookRemoved
    return row


def _check_url(url: str, outgoing: Outgoing) -> None:
    try:
        outgoing.check(url, ports=rules.PORTS)
    except Forbidden:
        raise InvalidFields.of("url", "webhook-url") from None
