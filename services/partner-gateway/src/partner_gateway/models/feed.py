"""Tables of the change feed, of followed days and of webhooks."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.aggregates import Aggregate
from chassis.data.sealed import Sealed
from partner_gateway.models.base import Base


class FeedEvent(Base):
    """A change that joined the feed. `event` counts in the order of appending, which isn't the order of commits:
    readers go by `FeedPlace`. `placed_at` is None until the sequencer has given the change its places."""

    __tablename__ = "feed_event"

    event: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[str] = mapped_column(unique=True)
    audiences: Mapped[list[str]] = mapped_column(ARRAY(Text))
    type: Mapped[str]
    subject: Mapped[str]
    about: Mapped[str | None]
    number: Mapped[str | None]
    path: Mapped[str]
    at: Mapped[datetime]
    document: Mapped[dict[str, Any]] = mapped_column(Sealed("feed_event.document"))
    appended_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    placed_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_feed_event_waiting", "event", postgresql_where=text("placed_at IS NULL")),
        Index("ix_feed_event_placed_at", "placed_at", postgresql_using="brin"),
    )


class FeedPlace(Base):
    """The place of a change for an audience: 1, 2, 3, … without a gap."""

    __tablename__ = "feed_place"

    audience: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event: Mapped[int] = mapped_column(BigInteger, ForeignKey("feed_event.event"), index=True)


class FeedHead(Base):
    """The first and the last place of an audience whose changes are kept. `first` is `last` + 1 when none is kept."""

    __tablename__ = "feed_head"

    audience: Mapped[str] = mapped_column(primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger, server_default="1")
    last: Mapped[int] = mapped_column(BigInteger)


class FollowedThing(Base):
    """The newest state of a permit, certificate or release that changed on a day, as followers are told.

    It's kept apart from the feed, so that a follower can compare both.
    """

    __tablename__ = "followed_thing"

    day: Mapped[date] = mapped_column(primary_key=True)
    thing_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    event_id: Mapped[str]
    type: Mapped[str]
    permit_id: Mapped[str] = mapped_column(UUID(as_uuid=False))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (Index("ix_followed_thing_version", "thing_id", "version"),)


class FollowedDay(Base):
    """A closed day: no change joins the day, and its file can be fetched."""

    __tablename__ = "followed_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    things: Mapped[int]
    closed_at: Mapped[datetime]


class Webhook(Aggregate, Base):
    """An address that an organisation has changes told to.

    `place` is the last of its audience's places that stands among the deliveries; None until it's active.
    `challenge_due_at`: when the challenge is sent, or sent again; `test_due_at`: when the test delivery is sent, once.
    Commands change state, secrets and place, and count the version; what comes of challenge, test and deliveries is
    written beside.
    """

    __tablename__ = "webhook"
    aggregate_type = "webhook"

    webhook_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    organisation: Mapped[str] = mapped_column(index=True)
    audience: Mapped[str]
    url: Mapped[str] = mapped_column(Sealed("webhook.url"))
    secret: Mapped[str | None] = mapped_column(Sealed("webhook.secret"))
    older_secret: Mapped[str | None] = mapped_column(Sealed("webhook.older_secret"))
    older_secret_until: Mapped[datetime | None]
    secret_rotated_at: Mapped[datetime | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    challenge_asked_at: Mapped[datetime | None]
    challenge_due_at: Mapped[datetime | None]
    challenge_tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    challenge_outcome: Mapped[str | None]
    test_asked_at: Mapped[datetime | None]
    test_due_at: Mapped[datetime | None]
    test_outcome: Mapped[str | None]
    place: Mapped[int | None] = mapped_column(BigInteger)
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    resting_until: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """One change for one address. `due_at` is None once it has ended; a claim moves it on by a lease."""

    __tablename__ = "webhook_delivery"

    webhook_id: Mapped[str] = mapped_column(
        UUID(as_uuid=False), ForeignKey("webhook.webhook_id"), primary_key=True
    )
    place: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event: Mapped[int] = mapped_column(BigInteger, ForeignKey("feed_event.event"), index=True)
    state: Mapped[str]
    attempts: Mapped[int]
    outcome: Mapped[str | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_webhook_delivery_due",
            "webhook_id",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_webhook_delivery_ended_at", "ended_at", postgresql_using="brin"),
    )
