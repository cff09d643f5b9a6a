"""Licences. Expired is no status: it's computed from `expires_on`, the last valid day."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document, Documents, Id, Key
from chassis.data.sealed import BlindKey, Sealed
from licences.domain.licences import renewable_from
from licences.models.base import Base


class Licence(Aggregate, Base):
    """A licence. `body`: its application. `decision`: why it was issued. `trade_key`: by which the public register
    finds it.

    `closings`: the violations for which the place is closed, each with the people who had a part in it.
    `before_closing`: status and reason of a licence that was suspended before its place was closed.
    """

    __tablename__ = "licence"
    __table_args__ = (
        UniqueConstraint("licence_no"),
        Index(None, "issued_on", "licence_id"),
        Index(None, "municipality", "issued_on", "licence_id"),
        Index(None, "expires_on", "licence_id"),
        Index("ix_licence_full", "expires_on", postgresql_where=text("emptied_at IS NULL")),
        Index(None, "owner_key", postgresql_where=text("owner_key IS NOT NULL")),
        Index(None, "establishment", postgresql_where=text("establishment IS NOT NULL")),
        Index(None, "trade_key", postgresql_where=text("trade_key IS NOT NULL")),
        # The public register: words of the trade name, activities, towns.
        Index(
            "ix_licence_trade_words",
            text("to_tsvector('simple'::regconfig, trade_key)"),
            postgresql_using="gin",
        ),
        Index(
            "ix_licence_activities",
            "activities",
            postgresql_using="gin",
            postgresql_ops={"activities": "jsonb_path_ops"},
        ),
        Index(None, "town", "issued_on", "licence_id", postgresql_where=text("town IS NOT NULL")),
        Index(None, "replaced_by", postgresql_where=text("replaced_by IS NOT NULL")),
    )
    aggregate_type: ClassVar[str] = "licence"

    licence_id: Mapped[Key]
    licence_no: Mapped[str]
    application_id: Mapped[Id]
    kind: Mapped[str]
    municipality: Mapped[str]
    status: Mapped[str]
    establishment: Mapped[str | None]
    trade_name: Mapped[Document | None]
    trade_key: Mapped[str | None]
    activities: Mapped[Documents]
    town: Mapped[str | None]
    district: Mapped[str | None]
    owner_number: Mapped[Any] = mapped_column(Sealed("licence.owner_number"), nullable=True)
    owner_key: Mapped[str | None] = mapped_column(BlindKey(of="owner_number"))
    body: Mapped[Any] = mapped_column(Sealed("licence.body"), nullable=True)
    rules: Mapped[str]
    decision: Mapped[Any] = mapped_column(Sealed("licence.decision"), nullable=True)
    issued_on: Mapped[date]
    expires_on: Mapped[date]
    years: Mapped[int]
    renewal_days: Mapped[int]
    reason_code: Mapped[str | None]
    reason: Mapped[Any] = mapped_column(Sealed("licence.reason"), nullable=True)
    closings: Mapped[Documents | None]
    before_closing: Mapped[Any] = mapped_column(Sealed("licence.before_closing"), nullable=True)
    replaced_by: Mapped[str | None]
    changed_at: Mapped[datetime]
    emptied_at: Mapped[datetime | None]

    def record(self) -> dict[str, Any]:
        """Returns the row as plain values, with what is sealed in the table."""
        days = {name: getattr(self, name).isoformat() for name in ("issued_on", "expires_on")}
        opens = renewable_from(self.expires_on, self.renewal_days)
        return {
            **{name: getattr(self, name) for name in _AS_THEY_ARE},
            **days,
            "renewable_from": opens.isoformat(),
        }


_AS_THEY_ARE = (
    *("licence_id", "licence_no", "application_id", "kind", "municipality", "status"),
    *("establishment", "trade_name", "activities", "town", "years", "reason_code", "reason"),
    *("replaced_by", "body", "version"),
)
