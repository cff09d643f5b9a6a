"""Tables of licences and of municipalities' applications."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Index,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.sealed import Sealed
from partner_gateway.models.base import Base


class LicenceApplication(Base):
    """An application of a municipality: what was submitted here, and the newest state that `licences` published.

    `version` is that state's, 0 before the first one; `sent` counts what was submitted here. `corrected_version`: the
    version that the last correction or withdrawal answers. `reference` is the sender's own number, sealed because it
    may be a person's; `reference_key` and `reference_body` are keyed hashes of a batch's line.
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
    reference: Mapped[str | None] = mapped_column(Sealed("licence_application.reference"))
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


class ApplicationBill(Base):
    """The newest state of a bill of an application, as `payments` published it. An application may get another bill."""

    __tablename__ = "application_bill"

    bill_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    application_id: Mapped[str] = mapped_column(UUID(as_uuid=False))
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_at: Mapped[datetime]

    __table_args__ = (Index(None, "application_id", "bill_id"),)


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
