"""Appeals of owners against decisions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document, Id, Key
from chassis.data.sealed import Sealed
from permits.models.base import Base


class Appeal(Aggregate, Base):
    """An appeal. `target_id` is the permit, request or certificate that the decision is of, `appealed_at` the moment of
    the decision: both name it. `appealed_by` made it, with subject and name. `appellant` has a name and a capacity."""

    __tablename__ = "appeal"
    __table_args__ = (
        UniqueConstraint("municipality", "appeal_number"),
        Index(
            "uq_appeal_decision",
            *("target_id", "against", "appealed_at"),
            unique=True,
            postgresql_where=text("status <> 'withdrawn'"),
        ),
        Index(None, "permit_id"),
        Index(None, "request_id"),
        Index(None, "decide_by", "appeal_id"),
        Index(None, "status", "decide_by", "appeal_id"),
        Index(None, "municipality", "status", "decide_by", "appeal_id"),
    )
    aggregate_type = "appeal"

    appeal_id: Mapped[Key]
    appeal_number: Mapped[str]
    municipality: Mapped[str]
    against: Mapped[str]
    target_id: Mapped[Id]
    permit_id: Mapped[Id | None] = mapped_column(ForeignKey("permit.permit_id"))
    permit_number: Mapped[str | None]
    request_id: Mapped[Id | None] = mapped_column(ForeignKey("permit_request.request_id"))
    request_number: Mapped[str | None]
    certificate_id: Mapped[Id | None] = mapped_column(ForeignKey("certificate.certificate_id"))
    appealed_at: Mapped[datetime]
    appealed_by: Mapped[Document | None]
    appellant: Mapped[Any] = mapped_column(Sealed("appeal.appellant"))
    grounds: Mapped[Any] = mapped_column(Sealed("appeal.grounds"))
    documents: Mapped[list[Document]]
    noticed_on: Mapped[date]
    filed_on: Mapped[date]
    decide_by: Mapped[date]
    status: Mapped[str]
    reason: Mapped[str | None]
    ended_on: Mapped[date | None]
    ended_by: Mapped[Document | None]

    def record(self) -> Document:
        """What is published of it, as plain JSON values."""
        names = (
            *("appeal_id", "appeal_number", "against", "permit_id", "permit_number", "request_id"),
            *("request_number", "certificate_id", "municipality", "status", "version"),
        )
        days = ("noticed_on", "filed_on", "decide_by", "ended_on")
        return {
            **{name: getattr(self, name) for name in names},
            **{name: day.isoformat() if (day := getattr(self, name)) else None for name in days},
        }
