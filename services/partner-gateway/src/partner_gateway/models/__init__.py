"""Tables of the partner gateway.

`building_permit` holds each permit once as the finished document, sealed and without its status (the day decides it),
beside the columns that are searched and sorted. Owners' ID numbers are in no column: `owner_keys` are keyed hashes, and
`owners_mark` is one of all that's known of them, by which a correction is noticed.
`access_log`, its links and its roots are append-only, by triggers. `feed_…` is what happened, for those who may hear of
it (partner_gateway.feed), `webhook…` whom it's told (partner_gateway.webhooks).
"""

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
from partner_gateway.models.buildings import (
    BuildingCertificate,
    BuildingFacts,
    BuildingRelease,
    FollowedDay,
    FollowedThing,
    PermitRequest,
)
from partner_gateway.models.examinations import Examinee, HealthExamination

__all__ = [
    "AccessChain",
    "AccessLink",
    "AccessLog",
    "AccessRoot",
    "Base",
    "BuildingCertificate",
    "BuildingFacts",
    "BuildingPermit",
    "BuildingRelease",
    "Examinee",
    "FeedEvent",
    "FeedHead",
    "FeedPlace",
    "FollowedDay",
    "FollowedThing",
    "HealthExamination",
    "Licence",
    "LicenceActivity",
    "LicenceApplication",
    "PartnerGrant",
    "PermitRequest",
    "Webhook",
    "WebhookDelivery",
]


class BuildingPermit(Base):
    __tablename__ = "building_permit"

    permit_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    permit_number: Mapped[str]
    issued_on: Mapped[date]
    expires_on: Mapped[date]
    status: Mapped[str]
    kind: Mapped[str]
    building_id: Mapped[str | None] = mapped_column(UUID(as_uuid=False))
    municipality: Mapped[str | None]
    request_key: Mapped[str | None]
    plot_keys: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    plan_key: Mapped[str | None]
    town_key: Mapped[str]
    district_key: Mapped[str]
    owner_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    owners_mark: Mapped[str | None]
    document: Mapped[bytes]
    changed_at: Mapped[datetime]
    projected_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        Index("ix_building_permit_issued", text("issued_on DESC"), text("permit_id DESC")),
        Index(
            "ix_building_permit_plan", "plan_key", text("issued_on DESC"), text("permit_id DESC")
        ),
        Index("ix_building_permit_number", "permit_number"),
        Index("ix_building_permit_request", "request_key"),
        Index("ix_building_permit_owner", "owner_keys", postgresql_using="gin"),
    )  # fmt: skip


class PartnerGrant(Base):
    """The newest state of each grant whose audience is the gateway."""

    __tablename__ = "partner_grant"

    grant_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    organisation: Mapped[str] = mapped_column(index=True)
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    query_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    entry_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    widest_span_days: Mapped[int | None]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    rows_per_day: Mapped[int]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    status: Mapped[str]


class LicenceApplication(Base):
    """An application of a municipality: what was submitted here, and the newest state that `licences` published.

    `version` is that state's, 0 before the first one; `sent` counts what was submitted here. `corrected_version`: the
    version that the last correction answers. `reference_key` and `reference_body` are keyed hashes of a batch's line.
    `review_until`: an officer's last day to decide, while one has it.
    """

    __tablename__ = "licence_application"

    application_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    sent: Mapped[int] = mapped_column(server_default="0")
    municipality: Mapped[str]
    request: Mapped[str]
    status: Mapped[str]
    submitted_at: Mapped[datetime]
    kind: Mapped[str | None]
    licence_no: Mapped[str | None]
    application_no: Mapped[str | None]
    review_until: Mapped[date | None]
    corrected_version: Mapped[int | None]
    reference_key: Mapped[str | None] = mapped_column(unique=True)
    reference_body: Mapped[str | None]
    state: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    changed_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_licence_application_own", "municipality", "submitted_at", "application_id"),
        Index("ix_licence_application_all", "submitted_at", "application_id"),
        Index("ix_licence_application_number", "application_no"),
        Index("ix_licence_application_licence", "licence_no"),
        Index(
            "ix_licence_application_review",
            "municipality",
            "review_until",
            postgresql_where=text("review_until IS NOT NULL"),
        ),
    )


class Licence(Base):
    """The newest state of a licence. What `licences` sealed for the gateway stays sealed in `state`."""

    __tablename__ = "licence"

    licence_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    licence_no: Mapped[str]
    municipality: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str]
    issued_on: Mapped[date]
    expires_on: Mapped[date]
    activities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_licence_own", "municipality", "issued_on", "licence_id"),
        Index("ix_licence_all", "issued_on", "licence_id"),
        Index("ix_licence_number", "licence_no"),
    )


class LicenceActivity(Base):
    """An activity that licences are given for, as `licences` published it last."""

    __tablename__ = "licence_activity"

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)


class PartnerEntry(Base):
    """What a named employee of a partner entered about a building, and what `permits` said of it.

    `area` is `insulation` or `supply`; `content` is what was entered, sealed because it names people; `answer` is the
    event's data, `version` the event's, 0 before it came. `emptied_at`: names and typed texts are gone since then.
    """

    __tablename__ = "partner_entry"

    entry_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int] = mapped_column(server_default="0")
    area: Mapped[str]
    kind: Mapped[str]
    organisation: Mapped[str]
    permit_id: Mapped[str] = mapped_column(UUID(as_uuid=False))
    permit_number: Mapped[str]
    municipality: Mapped[str]
    entered_at: Mapped[datetime]
    entered_by: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(Sealed("partner_entry.content"))
    outcome: Mapped[str]
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    answered_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_partner_entry_own", "organisation", "area", "entered_at", "entry_id"),
        Index("ix_partner_entry_permit", "permit_id"),
        Index("ix_partner_entry_waiting", "entered_at", postgresql_where=text("version = 0")),
        Index("ix_partner_entry_full", "answered_at", postgresql_where=text("emptied_at IS NULL")),
    )


class AccessLog(Base):
    """One row per query, also a denied one, durable before its answer leaves. `place` counts within a link."""

    __tablename__ = "access_log"

    chain: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    link: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    at: Mapped[datetime]
    organisation: Mapped[str]
    client_id: Mapped[str]
    subject: Mapped[str]
    sid: Mapped[str | None]
    jti: Mapped[str]
    operation: Mapped[str]
    query_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    civil_id_key: Mapped[str | None]
    purpose: Mapped[str | None]
    case_reference: Mapped[str | None]
    decision: Mapped[str]
    reason: Mapped[str | None]
    result_count: Mapped[int]
    permit_ids: Mapped[list[str]] = mapped_column(ARRAY(UUID(as_uuid=False)))

    __table_args__ = (
        Index("ix_access_log_organisation", "organisation", "at"),
        Index("ix_access_log_at", "at", postgresql_using="brin"),
        Index(
            "ix_access_log_civil_id",
            "at",
            "subject",
            "civil_id_key",
            postgresql_where=text("civil_id_key IS NOT NULL"),
        ),
    )


class AccessChain(Base):
    """The chain of one worker's life. `rooted_link`: the last link that a signed root covers."""

    __tablename__ = "access_chain"

    chain: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    rooted_link: Mapped[int] = mapped_column(BigInteger, server_default="0")


class AccessLink(Base):
    """One commit of rows: `hash = SHA-256(hash of the link before + hashes of the rows, in their places)`."""

    __tablename__ = "access_link"

    chain: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    link: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    rows: Mapped[int] = mapped_column(SmallInteger)
    hash: Mapped[bytes]


class AccessRoot(Base):
    """A signed root over the heads of all chains, as published (events/access-root-signed.v1)."""

    __tablename__ = "access_root"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    root: Mapped[dict[str, Any]] = mapped_column(JSONB)


class FeedEvent(Base):
    """A change that joined the feed. `event` counts in the order of appending, which isn't that of commits: readers go
    by `FeedPlace`. `placed_at` is None until the sequencer has seen it."""

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
    """From which place to which an audience's changes are kept; `first` is one past `last` when none is."""

    __tablename__ = "feed_head"

    audience: Mapped[str] = mapped_column(primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger, server_default="1")
    last: Mapped[int] = mapped_column(BigInteger)


class Webhook(Aggregate, Base):
    """An address that an organisation has changes told to.

    `place` is the last of its audience's places that stands among the deliveries; None until it's active.
    `challenge_due_at`: when the challenge is sent, or sent again. Commands change state, secrets and place, and count
    the version; what comes of challenge and deliveries is written beside.
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
