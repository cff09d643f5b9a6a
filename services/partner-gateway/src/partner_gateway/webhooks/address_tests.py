"""Test deliveries: an administrator sees whether an active address takes what is posted. None is posted twice."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from partner_gateway.feed.changes import TO_POST
from partner_gateway.feed.readers import Reader
from partner_gateway.models import Webhook
from partner_gateway.webhooks import rules
from partner_gateway.webhooks.commands import lock_own, require_grant
from partner_gateway.webhooks.deliveries import secrets_of
from partner_gateway.webhooks.rules import State


@dataclass(frozen=True)
class AddressTest:
    """A test delivery that was claimed. `asked_at` tells it from a later one of the same webhook."""

    webhook_id: str
    asked_at: datetime
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def delivery_id(self) -> str:
        """Returns the id of the delivery, which no other delivery has."""
        return str(uuid5(UUID(self.webhook_id), rfc3339(self.asked_at)))


def ask_test(work: UnitOfWork, reader: Reader, webhook_id: str) -> Webhook:
    """Raises NotFound, WebhookRemoved, WebhookNotActive and GrantRefused."""
    row = lock_own(work, reader.organisation, webhook_id)
    if row.state != State.ACTIVE:
        raise rules.WebhookNotActive
    require_grant(work.session, reader, work.now)
    row.test_asked_at = row.test_due_at = work.now
    row.test_outcome = None
    TO_POST.wake_after_commit(work.session)
    work.record_change(row, "test")
    return row


def due_tests(session: Session, now: datetime) -> list[str]:
    """Returns the webhooks with a test delivery that is to be posted now."""
    statement = select(Webhook.webhook_id).where(
        Webhook.test_due_at <= now, Webhook.state == State.ACTIVE
    )
    return list(session.scalars(statement.limit(rules.MOST_WEBHOOKS)))


def claim_test(session: Session, webhook_id: str, now: datetime) -> list[AddressTest]:
    """Claims a webhook's test delivery, which nobody claims again. Raises CannotUnseal."""
    row = session.scalar(
        select(Webhook)
        .where(Webhook.webhook_id == webhook_id, Webhook.test_due_at <= now)
        .with_for_update(key_share=True, skip_locked=True)
    )
    if row is None or row.test_asked_at is None:
        return []
    row.test_due_at = None
    return [AddressTest(row.webhook_id, row.test_asked_at, row.url, secrets_of(row, now))]


def postpone_test(session: Session, webhook_id: str, until: datetime) -> None:
    """Reschedules a test delivery that can't be claimed."""
    statement = update(Webhook).where(
        Webhook.webhook_id == webhook_id, Webhook.test_due_at.is_not(None)
    )
    session.execute(
        statement.values(test_due_at=until), execution_options={"synchronize_session": False}
    )


def settle_test(work: UnitOfWork, test: AddressTest, outcome: str) -> None:
    """Writes the outcome, unless another test was asked for meanwhile."""
    row = work.lock(Webhook, test.webhook_id)
    if row.test_asked_at == test.asked_at:
        row.test_outcome = outcome
