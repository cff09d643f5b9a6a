"""What an administrator does with the organisation's webhooks, and what stops a webhook.

A webhook is told nothing until its address has answered a challenge, which only its own program can have read."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from chassis.access import revocations
from chassis.access.auth import Caller
from chassis.core.ids import new_id
from chassis.core.outgoing import Forbidden, Outgoing
from chassis.core.refusals import InvalidFields, NotFound
from chassis.core.standard_webhooks import new_secret
from chassis.data.advisory import one_at_a_time
from chassis.data.unit_of_work import UnitOfWork
from partner_gateway import feed
from partner_gateway.domain.following import GrantRefused
from partner_gateway.domain.grants import follow_refusal
from partner_gateway.feed.changes import TO_POST
from partner_gateway.feed.readers import NOW, Cursors, EventsGone, Reader, head_of, is_partner
from partner_gateway.models import Webhook, WebhookDelivery
from partner_gateway.queries.partners import grant_of
from partner_gateway.webhooks import rules
from partner_gateway.webhooks.deliveries import LEASE, secrets_of
from partner_gateway.webhooks.rules import Reason, State

_GOING = (State.PENDING, State.ACTIVE, State.OFF)
_ORGANISATION = "webhook.organisation"


def register(work: UnitOfWork, reader: Reader, url: str, *, outgoing: Outgoing) -> Webhook:
    """Raises InvalidFields for an address that isn't asked, GrantRefused, WebhooksFull and WebhookRegistered."""
    _check_url(url, outgoing)
    session = work.session
    require_grant(session, reader, work.now)
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
        created_at=work.now,
        challenge_tries=0,
        failures=0,
    )
    session.add(row)
    work.record_change(row, "register")
    session.flush()
    return row


def ask_challenge(
    work: UnitOfWork, caller: Caller, reader: Reader, webhook_id: str, *, cursors: Cursors
) -> Webhook:
    """Asks the address to prove itself, for the first time or again.

    Raises NotFound, WebhookRemoved and GrantRefused. Raises EventsGone when the next change is no longer kept: then a
    replay has to say where to go on. Raises RevokedSince: a process learns of a suspension half a second late, and a
    caller that it lets in by then would open the webhook for good.
    """
    # A suspension takes the same lock, so that each sees what the other did.
    one_at_a_time(work.session, _ORGANISATION, reader.organisation)
    revocations.require_current(work.session, caller.revocation_names(), caller.issued_at)
    row = lock_own(work, reader.organisation, webhook_id)
    require_grant(work.session, reader, work.now)
    first, _ = head_of(work.session, row.audience)
    if row.place is not None and row.place + 1 < first:
        raise EventsGone("expired", cursors.days)
    row.challenge_asked_at = row.challenge_due_at = work.now
    row.challenge_tries, row.challenge_outcome = 0, None
    TO_POST.wake_after_commit(work.session)
    work.record_change(row, "challenge")
    return row


def rotate_secret(work: UnitOfWork, organisation: str, webhook_id: str) -> Webhook:
    """Makes a new secret. The present secret signs beside it for a day. Raises NotFound and WebhookRemoved."""
    row = lock_own(work, organisation, webhook_id)
    row.older_secret, row.older_secret_until = row.secret, work.now + rules.OVERLAP
    row.secret, row.secret_rotated_at = new_secret(), work.now
    work.record_change(row, "rotate_secret")
    return row


def replay(
    work: UnitOfWork, reader: Reader, webhook_id: str, *, after: str, cursors: Cursors
) -> Webhook:
    """Moves the webhook to a cursor: backwards, so that changes are posted once more, or forwards, so that waiting
    changes are skipped. Raises NotFound, WebhookRemoved, GrantRefused, InvalidFields and EventsGone."""
    row = lock_own(work, reader.organisation, webhook_id)
    require_grant(work.session, reader, work.now)
    first, last = head_of(work.session, row.audience)
    place = last if after == NOW else cursors.read(reader, after)
    cursors.check(place, first, last)
    work.session.execute(
        delete(WebhookDelivery).where(
            WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.due_at.is_not(None)
        )
    )
    # The failed deliveries are gone, so the five days begin anew with the next failure.
    row.place, row.resting_until, row.failing_since, row.failures = place, None, None, 0
    work.record_change(row, "replay", details={"place": place})
    return row


def remove(work: UnitOfWork, organisation: str, webhook_id: str) -> Webhook:
    """Removes the webhook, its secrets and its deliveries. Raises NotFound and WebhookRemoved."""
    row = lock_own(work, organisation, webhook_id)
    row.state, row.reason, row.challenge_due_at = State.REMOVED, None, None
    row.secret = row.older_secret = row.older_secret_until = None
    work.session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id))
    work.record_change(row, "remove")
    return row


def stop_of_organisation(
    work: UnitOfWork, organisation: str, reason: Reason = Reason.SUSPENDED
) -> int:
    """Stops the webhooks of an organisation, and ends their challenges. Returns how many webhooks it stopped.

    A stopped webhook goes on only when somebody with a new token asks for a challenge.
    """
    one_at_a_time(work.session, _ORGANISATION, organisation)
    there = (Webhook.organisation == organisation) & (Webhook.state != State.REMOVED)
    rows = [
        row
        for row in work.lock_where(Webhook, there)
        if row.state in _GOING or row.challenge_due_at is not None
    ]
    for row in rows:
        row.state, row.reason, row.challenge_due_at = State.STOPPED, reason, None
        work.record_change(row, "stop")
    return len(rows)


def stop_without_grant(work: UnitOfWork, organisation: str) -> int:
    """Stops the webhooks of a partner whose grant doesn't allow following."""
    if follow_refusal(grant_of(work.session, organisation, work.now), work.now) is None:
        return 0
    return stop_of_organisation(work, organisation, Reason.GRANT_ENDED)


def stop_all_without_grant(work: UnitOfWork) -> int:
    """Stops the webhooks of all partners without a grant. The end of a grant's term comes with no event."""
    statement = select(Webhook.organisation).where(
        Webhook.state.in_(_GOING), Webhook.audience.startswith(feed.partner(""), autoescape=True)
    )
    partners = sorted(set(work.session.scalars(statement)))
    return sum(stop_without_grant(work, one) for one in partners)


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


def lock_own(work: UnitOfWork, organisation: str, webhook_id: str) -> Webhook:
    """Returns the organisation's webhook, locked. Raises NotFound, for another one's too, and WebhookRemoved."""
    row = work.lock(Webhook, webhook_id)
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


@dataclass(frozen=True)
class Challenge:
    """A challenge that was claimed. `asked_at` tells it from a later one of the same webhook."""

    webhook_id: str
    asked_at: datetime
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def due_challenges(session: Session, now: datetime) -> list[str]:
    """Returns the webhooks with a challenge that is to be sent now."""
    statement = select(Webhook.webhook_id).where(Webhook.challenge_due_at <= now)
    return list(session.scalars(statement.limit(rules.MOST_WEBHOOKS)))


def claim_challenge(session: Session, webhook_id: str, now: datetime) -> list[Challenge]:
    """Claims a webhook's challenge. A challenge whose senders were killed three times has failed. Raises
    CannotUnseal."""
    row = session.scalar(
        select(Webhook)
        .where(Webhook.webhook_id == webhook_id, Webhook.challenge_due_at <= now)
        .with_for_update(key_share=True, skip_locked=True)
    )
    if row is None:
        return []
    if row.challenge_asked_at is None or row.challenge_tries >= rules.CHALLENGE_TRIES:
        row.challenge_due_at, row.challenge_outcome = None, "broken"
        return []
    row.challenge_tries, row.challenge_due_at = row.challenge_tries + 1, now + LEASE
    return [Challenge(row.webhook_id, row.challenge_asked_at, row.url, secrets_of(row, now))]


def is_challenged(session: Session, webhook_id: str) -> bool:
    """Returns whether a challenge is under way, and nobody has stopped or removed the webhook."""
    statement = select(Webhook.webhook_id).where(
        Webhook.webhook_id == webhook_id, Webhook.challenge_due_at.is_not(None)
    )
    return session.scalar(statement) is not None


def postpone_challenge(session: Session, webhook_id: str, until: datetime) -> None:
    """Reschedules a challenge that can't be claimed or settled."""
    statement = update(Webhook).where(
        Webhook.webhook_id == webhook_id, Webhook.challenge_due_at.is_not(None)
    )
    session.execute(
        statement.values(challenge_due_at=until),
        execution_options={"synchronize_session": False},
    )


def settle_challenge(work: UnitOfWork, challenge: Challenge, outcome: str) -> None:
    """Writes the outcome, unless another challenge was asked for meanwhile, or the webhook was stopped or removed."""
    row = work.lock(Webhook, challenge.webhook_id)
    if row.challenge_asked_at != challenge.asked_at or row.challenge_due_at is None:
        return
    row.challenge_due_at, row.challenge_outcome = None, outcome
    if outcome != rules.PASSED:
        return
    row.state, row.reason = State.ACTIVE, None
    row.failing_since, row.failures, row.resting_until = None, 0, None
    if row.place is None:
        row.place = head_of(work.session, row.audience)[1]
    work.record_change(row, "activate")
