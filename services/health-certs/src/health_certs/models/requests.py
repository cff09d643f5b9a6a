"""Requests for health certificates, and the invoices for their fees.

`worker` is one sealed document: all that was declared of the person; `worker_key` is the keyed hash of the number, by
which a person's requests are found. `end_reason` is sealed at one length, since it may tell a result.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document, Documents, Halalas, Id, Key
from chassis.data.sealed import BlindKey, Sealed
from health_certs.models.base import Base

OPEN = text("ended_at IS NULL")


class Request(Aggregate, Base):
    """A request, from submission to its end. `status` is what everybody may see. `applied_by`: in whose name, worker
    or establishment; `applicant` is the delegate who is told, then. `workplace` is what stands for the establishment
    in the rule of one open request: its number, the licence's without one, or nothing. `revision` counts the edits of
    the worker's identity: an examination is of one of them. `payment`: since when the money is known, and by which
    invoice. `renews`: the number of a
    certificate, of which one renewal is open at a time. `emptied_at`: its personal data are gone."""

    __tablename__ = "request"
    __table_args__ = (
        UniqueConstraint("request_no"),
        Index(
            "uq_request_open",
            "worker_key",
            "profession",
            "workplace",
            unique=True,
            postgresql_where=OPEN,
        ),
        Index(
            "uq_request_renews",
            "renews",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND renews IS NOT NULL"),
        ),
        Index(None, "worker_key", "submitted_at", postgresql_where=text("worker_key IS NOT NULL")),
        Index(
            None,
            "establishment",
            "submitted_at",
            postgresql_where=text("establishment IS NOT NULL"),
        ),
        Index(None, "submitted_at", "request_id"),
        Index(None, "municipality", "submitted_at", "request_id"),
        Index(None, "application_no", postgresql_where=text("application_no IS NOT NULL")),
        Index("ix_request_full", "ended_at", postgresql_where=text("emptied_at IS NULL")),
    )
    aggregate_type: ClassVar[str] = "request"

    request_id: Mapped[Key]
    request_no: Mapped[str]
    kind: Mapped[str]
    renews: Mapped[str | None]
    municipality: Mapped[str]
    status: Mapped[str]
    profession: Mapped[str]
    establishment: Mapped[str | None]
    trade_name: Mapped[str | None]
    licence_no: Mapped[str | None]
    application_no: Mapped[str | None]
    workplace: Mapped[str]
    applied_by: Mapped[str]
    applicant: Mapped[Any] = mapped_column(Sealed("request.applicant"), nullable=True)
    worker: Mapped[Any] = mapped_column(Sealed("request.worker"), nullable=True)
    worker_key: Mapped[str | None] = mapped_column(BlindKey(of="worker_number"))
    revision: Mapped[int]
    centre: Mapped[str]
    payment: Mapped[Document | None]
    invoice_id: Mapped[Id | None]
    certificate_id: Mapped[Id | None]
    certificate_no: Mapped[str | None]
    submitted_at: Mapped[datetime]
    examined_until: Mapped[datetime]
    completed_until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[Any] = mapped_column(Sealed("request.end_reason"), nullable=True)
    emptied_at: Mapped[datetime | None]

    @property
    def worker_number(self) -> str | None:
        """The worker's number, ten digits; None once emptied."""
        return (self.worker or {}).get("id_number")

    @property
    def fee_returned(self) -> bool:
        """Its certificate is issued, which takes the money, and the money goes back since. Of a request that ended
        without one nothing is told: with the rest it would tell the result."""
        return self.certificate_id is not None and self.payment is None

    def record(self) -> dict[str, Any]:
        """The row as plain values, with what is sealed in the table, but never why it ended."""
        return {
            **{name: getattr(self, name) for name in _AS_THEY_ARE},
            "submitted_at": rfc3339(self.submitted_at),
            "examined_until": rfc3339(self.examined_until),
            "ended_at": rfc3339(self.ended_at) if self.ended_at else None,
        }


_AS_THEY_ARE = (
    *("request_id", "request_no", "kind", "renews", "municipality", "status", "profession"),
    *("establishment", "trade_name", "licence_no", "application_no", "applied_by", "applicant"),
    *("worker", "revision", "centre", "invoice_id", "certificate_id", "certificate_no", "version"),
)


class Invoice(Aggregate, Base):
    """What a request costs, and what became of its bill."""

    __tablename__ = "invoice"
    __table_args__ = (Index(None, "request_id"),)
    aggregate_type: ClassVar[str] = "invoice"

    invoice_id: Mapped[Key]
    request_id: Mapped[Id] = mapped_column(
        ForeignKey("request.request_id", name="fk_invoice_request_id")
    )
    municipality: Mapped[str]
    status: Mapped[str]
    amount_halalas: Mapped[Halalas]
    lines: Mapped[Documents]
    due_on: Mapped[date]
    requested_at: Mapped[datetime]
    biller_code: Mapped[str | None]
    bill_number: Mapped[str | None]
    paid_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    def record(self) -> dict[str, Any]:
        """The row as plain values."""
        names = ("invoice_id", "municipality", "status", "amount_halalas", "lines", "due_on")
        return {name: getattr(self, name) for name in (*names, "reason", "version")}
