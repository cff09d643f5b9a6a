"""Requests for health certificates, the invoices for their fees, and lists of requests.

`worker` is one sealed document with all that was declared of the person. `worker_key` is the keyed hash of the number,
by which a person's requests are found. `end_reason` is sealed at one length, since it may tell a result.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document, Documents, Id, Key
from chassis.data.sealed import BlindKey, Sealed
from health_certs.models.base import Base
from invoicing.tables import NumberedInvoiceTable

OPEN = text("ended_at IS NULL")


class Request(Aggregate, Base):
    """A request, from submission to its end. `status`: the public state. `applied_by`: worker or establishment, in
    whose name the request was made; `applicant`: an establishment's delegate, who gets messages. `workplace`: see
    `domain.establishments.workplace_of`. `revision` counts the edits of the worker's identity; an examination examines
    one revision. `payment`: since when the money is known, and by which invoice. `renews`: the number of a certificate,
    for which one renewal is open at a time. `emptied_at`: since when the personal data are gone."""

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
        """The worker's number, ten digits. None once the row is emptied."""
        return (self.worker or {}).get("id_number")

    @property
    def fee_returned(self) -> bool:
        """Whether the fee went back after the certificate was issued. A request that ended without a certificate says
        nothing of its money: together with the rest the money would tell the result."""
        return self.certificate_id is not None and self.payment is None

    def record(self) -> dict[str, Any]:
        """Returns the row as plain values, also the columns sealed in the table, but never why the request ended."""
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


class Invoice(NumberedInvoiceTable, Base):
    """The invoice of a request's fee, and what became of its bill."""

    __tablename__ = "invoice"
    __table_args__ = (Index(None, "request_id"),)

    request_id: Mapped[Id] = mapped_column(
        ForeignKey("request.request_id", name="fk_invoice_request_id")
    )


class RequestList(Aggregate, Base):
    """A list of workers that a delegate sent as a file. `establishment`, and its licence or application, holds for all
    rows; `centre` for rows that name no centre. `sender`: the delegate's subject; `sent_by`: the delegate's data, until
    the last row is done."""

    __tablename__ = "request_list"
    __table_args__ = (
        Index("ix_request_list_done_at", "done_at", postgresql_where=text("done_at IS NOT NULL")),
    )
    aggregate_type: ClassVar[str] = "request_list"

    list_id: Mapped[Key]
    establishment: Mapped[str]
    licence_no: Mapped[str | None]
    application_no: Mapped[str | None]
    centre: Mapped[str | None]
    sender: Mapped[str]
    sent_by: Mapped[Any] = mapped_column(Sealed("request_list.sent_by"), nullable=True)
    sent_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class RequestListRow(Base):
    """A row of a list. `cells`: by column, until the row is done; `outcome`: what became of the row, with the number of
    the request or certificate; `faults`: codes of faults by column, without any value of the row."""

    __tablename__ = "request_list_row"
    __table_args__ = (
        Index(
            "ix_request_list_row_waiting",
            "list_id",
            "row",
            postgresql_where=text("outcome IS NULL"),
        ),
    )

    list_id: Mapped[Id] = mapped_column(
        ForeignKey("request_list.list_id", name="fk_request_list_row_list_id"), primary_key=True
    )
    row: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[Any] = mapped_column(Sealed("request_list_row.cells"), nullable=True)
    outcome: Mapped[str | None]
    request_no: Mapped[str | None]
    certificate_no: Mapped[str | None]
    faults: Mapped[Documents]
