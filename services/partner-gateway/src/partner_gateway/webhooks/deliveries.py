"""Deliveries: drawn from the feed, claimed for an attempt, disclosed within the grant, settled after the attempt.

Each step is a transaction of some rows. What is told to a partner's address is told within its grant, counts as one of
the grant's rows, and has its row in the record before it leaves."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, text, update
from sqlalchemy.orm import Session

from chassis.access.auth import MACHINE, Caller
from chassis.core.ids import new_id
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from partner_gateway.domain.following import Following
from partner_gateway.domain.grants import follow_refusal
from partner_gateway.feed.changes import Change, append
from partner_gateway.feed.readers import PARTNER_KIND, is_partner
from partner_gateway.limits import rows_a_day
from partner_gateway.models import Webhook, WebhookDelivery
from partner_gateway.queries.partners import grant_of
from partner_gateway.record.chain import Access, Unrecorded
from partner_gateway.webhooks import rules
from partner_gateway.webhooks.rules import DeliveryState, State

# So many wait among the deliveries; the others wait in the feed.
MOST_WAITING = 500
LEASE = timedelta(seconds=60)
SWITCHED_OFF = "sa.gov.qatif.partner-gateway.webhook.switched_off.v1"
_BEHIND = text(
    """SELECT webhook_id::text FROM webhook hook JOIN feed_head head USING (audience)
    WHERE hook.state = 'active' AND head.last > hook.place"""
)
_DRAW = text(
    """
WITH hook AS (
    SELECT webhook_id, audience, place FROM webhook
    WHERE webhook_id = :webhook_id AND state = 'active' FOR NO KEY UPDATE SKIP LOCKED
), room AS (
    SELECT :most - count(*) AS room FROM webhook_delivery
    WHERE webhook_id = :webhook_id AND due_at IS NOT NULL
), next AS (
    SELECT hook.webhook_id, one.place, one.event
    FROM hook JOIN feed_place one ON one.audience = hook.audience AND one.place > hook.place
    ORDER BY one.place LIMIT greatest((SELECT room FROM room), 0)
), drawn AS (
    INSERT INTO webhook_delivery AS known (webhook_id, place, event, state, attempts, created_at, due_at)
    SELECT webhook_id, place, event, 'waiting', 0, :now, :now FROM next
    ON CONFLICT (webhook_id, place) DO UPDATE SET state = 'waiting', attempts = 0, outcome = NULL,
        created_at = excluded.created_at, due_at = excluded.due_at, ended_at = NULL
    RETURNING known.place
)
UPDATE webhook SET place = greatest(webhook.place, (SELECT max(place) FROM drawn)) FROM hook
WHERE webhook.webhook_id = hook.webhook_id AND EXISTS (SELECT 1 FROM drawn)
"""
)
_DUE = text(
    """SELECT webhook_id::text, failures FROM webhook hook
    WHERE state = 'active' AND (resting_until IS NULL OR resting_until <= :now) AND EXISTS (
        SELECT 1 FROM webhook_delivery one WHERE one.webhook_id = hook.webhook_id AND one.due_at <= :now)"""
)
_ANY = text(
    f"""SELECT EXISTS ({_BEHIND.text}) OR EXISTS ({_DUE.text})
    OR EXISTS (SELECT 1 FROM webhook WHERE challenge_due_at <= :now OR test_due_at <= :now)"""  # noqa: S608
)
_CLAIM = text(
    """
UPDATE webhook_delivery one SET attempts = one.attempts + 1, due_at = :lease
FROM (
    SELECT webhook_id, place FROM webhook_delivery WHERE webhook_id = :webhook_id AND due_at <= :now
    ORDER BY due_at, place LIMIT :most FOR UPDATE SKIP LOCKED
) due, feed_event told
WHERE one.webhook_id = due.webhook_id AND one.place = due.place AND told.event = one.event
RETURNING one.place, told.event_id, told.type, told.number, told.path, told.at,
    coalesce(told.about, told.subject) AS about
"""
)
_STATE = text("SELECT state FROM webhook WHERE webhook_id = :webhook_id")
# After an outage what would be tried in some hours is tried at once; what's in hand isn't.
_HASTEN = text(
    "UPDATE webhook_delivery SET due_at = :now WHERE webhook_id = :webhook_id AND due_at > :lease"
)


@dataclass(frozen=True)
class Due:
    """A delivery that was claimed: where it goes, what is told, of what, and with which secrets."""

    webhook_id: str
    place: int
    event_id: str
    organisation: str
    audience: str
    about: str
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    told: dict[str, Any] = field(repr=False)


def draw_deliveries(session: Session, webhook_id: str, now: datetime) -> None:
    """Puts what follows in the feed among the deliveries of one webhook, as far as there's room."""
    session.execute(_DRAW, {"webhook_id": webhook_id, "most": MOST_WAITING, "now": now})


def is_anything_due(session: Session, now: datetime) -> bool:
    """Returns whether a challenge, a test or a delivery may be due: one question instead of four."""
    return bool(session.scalar(_ANY, {"now": now}))


def webhooks_behind(session: Session) -> list[str]:
    """Returns the webhooks with changes in the feed that aren't among their deliveries yet."""
    return list(session.scalars(_BEHIND))


def due_webhooks(session: Session, now: datetime) -> list[tuple[str, int]]:
    """Returns the webhooks to which something is to be told now, and their failures in a row."""
    return [(row.webhook_id, row.failures) for row in session.execute(_DUE, {"now": now})]


def claim_deliveries(
    session: Session, webhook_id: str, *, most: int, public_url: str, now: datetime
) -> list[Due]:
    """Takes up to `most` deliveries of a webhook; no other process gets them until the lease ends."""
    hook = session.get(Webhook, webhook_id, with_for_update={"read": True}, populate_existing=True)
    if hook is None or hook.state != State.ACTIVE:
        return []
    values = {"webhook_id": webhook_id, "most": most, "now": now, "lease": now + LEASE}
    rows = session.execute(_CLAIM, values).all()
    secrets = secrets_of(hook, now)
    return [
        Due(
            webhook_id=webhook_id,
            place=row.place,
            event_id=row.event_id,
            organisation=hook.organisation,
            audience=hook.audience,
            about=row.about,
            url=hook.url,
            secrets=secrets,
            told=_delivery_body(row, public_url),
        )
        for row in sorted(rows, key=lambda one: one.place)
    ]


def is_active(session: Session, webhook_id: str) -> bool:
    """Returns whether the webhook is told anything at this moment."""
    state: str | None = session.scalar(_STATE, {"webhook_id": webhook_id})
    return state == State.ACTIVE


def postpone_deliveries(session: Session, webhook_id: str, until: datetime) -> None:
    """Reschedules the deliveries of a webhook that can't be claimed or settled."""
    statement = update(Webhook).where(Webhook.webhook_id == webhook_id)
    session.execute(
        statement.values(resting_until=until),
        execution_options={"synchronize_session": False},
    )


def secrets_of(hook: Webhook, now: datetime) -> tuple[str, ...]:
    """Returns the secrets that sign, the newest first."""
    until = hook.older_secret_until
    older = hook.older_secret if until is not None and now < until else None
    return tuple(one for one in (hook.secret, older) if one is not None)


def put_back(session: Session, webhook_id: str, place: int, until: datetime) -> None:
    """Takes a claimed delivery back untried, to be claimed again from a time on."""
    row = session.get(
        WebhookDelivery, (webhook_id, place), with_for_update=True, populate_existing=True
    )
    if row is not None and row.due_at is not None:
        row.attempts, row.due_at = row.attempts - 1, until


def settle_delivery(
    work: UnitOfWork, webhook_id: str, place: int, *, outcome: str, public_url: str
) -> None:
    """Writes what came of an attempt. A delivery that was replayed or taken back meanwhile gets nothing."""
    session, now = work.session, work.now
    hook = session.get_one(
        Webhook, webhook_id, with_for_update={"key_share": True}, populate_existing=True
    )
    row = session.get(
        WebhookDelivery, (webhook_id, place), with_for_update=True, populate_existing=True
    )
    if row is None or row.due_at is None:
        return
    row.outcome = outcome
    if rules.is_taken(outcome):
        row.state, row.due_at, row.ended_at = DeliveryState.DELIVERED, None, now
        if hook.failures >= rules.RESTLESS_FAILURES:
            values = {"webhook_id": webhook_id, "now": now, "lease": now + LEASE}
            session.execute(_HASTEN, values)
        hook.failing_since, hook.failures, hook.resting_until, hook.delivered_at = (
            None,
            0,
            None,
            now,
        )
        return
    if now - row.created_at >= rules.PATIENCE:
        row.state, row.due_at, row.ended_at = DeliveryState.GIVEN_UP, None, now
    else:
        row.due_at = rules.next_attempt(row.attempts, now)
    _note_failure(work, hook, outcome, public_url=public_url)


def _note_failure(work: UnitOfWork, hook: Webhook, outcome: str, *, public_url: str) -> None:
    hook.failing_since = hook.failing_since or work.now
    hook.failures += 1
    hook.resting_until = rules.rest_until(hook.failures, work.now)
    reason = rules.why_off(outcome, hook.failing_since, work.now)
    if hook.state != State.ACTIVE or reason is None:
        return
    hook.state, hook.reason = State.OFF, reason
    work.record_change(hook, "switch_off")
    change = Change(
        event_id=new_id(),
        type=SWITCHED_OFF,
        source="/partner-gateway",
        audiences=[hook.audience],
        subject=hook.webhook_id,
        number=None,
        path=f"/v1/webhooks/{hook.webhook_id}",
        sequence=hook.version,
        time=work.now,
        data={"webhook_id": hook.webhook_id, "reason": reason, "outcome": outcome},
    )
    append(work.session, change, public_url=public_url)


def _delivery_body(event: Row[Any], public_url: str) -> dict[str, Any]:
    """Returns the body: where to look, and nothing that a person could be known by."""
    return {
        "id": event.event_id,
        "type": event.type,
        "number": event.number,
        "time": rfc3339(event.at),
        "link": public_url + event.path,
    }


OPERATION = "deliver_webhook"
# So long a delivery waits that isn't allowed now, or couldn't be recorded.
PAUSE = timedelta(seconds=30)
log = structlog.get_logger(__name__)


class Disclosures:
    """Decides for one process which deliveries may be posted, and records them."""

    def __init__(self, process: Process[Any, Any]) -> None:
        self._process = process

    def allowed_from(self, due: Due, now: datetime) -> datetime | None:
        """None when the delivery may be posted now; its row is durable then. Else when it's worth another look.

        The grant is read at this moment, so that one that was withdrawn ends deliveries that were claimed before.
        """
        if not is_partner(due.audience):
            return None
        with self._process.database.transaction() as session:
            grant = grant_of(session, due.organisation, now)
        if grant is None or follow_refusal(grant, now) is not None:
            return now + PAUSE
        rows = self._process.quotas.take(rows_a_day(grant), grant.organisation, now=now.timestamp())
        if not rows.granted:
            return now + timedelta(seconds=rows.resets_in)
        try:
            self._process.resources.recorder.write(_access_of(due, now))
        except Unrecorded:
            log.warning("webhooks.unrecorded")
            return now + PAUSE
        return None


def _access_of(due: Due, now: datetime) -> Access:
    """Returns the record's row of an attempt. The webhook stands in the caller's place, because nobody calls."""
    caller = Caller(
        subject=due.webhook_id, client_id="webhook", organisation=due.organisation,
        organisation_kind=PARTNER_KIND, scopes=frozenset(), jti=due.event_id, key_id="", sid=None,
        issued_at=now.timestamp(), expires_at=now.timestamp(), kind=MACHINE,
    )  # fmt: skip
    return Access(
        caller=caller, at=now, operation=OPERATION, decision="allowed",
        query=Following({"event_id": due.event_id}), permit_ids=(due.about,),
    )  # fmt: skip
