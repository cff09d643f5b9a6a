"""Health certificates, and their signed documents with the keys that signed them. A certificate belongs to its worker;
its establishment may change or be missing."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Id, Key
from chassis.data.sealed import BlindKey, Sealed
from documents.issuing.register import Register
from documents.issuing.tables import KeptDocument, KeptKey
from documents.revocations import State
from health_certs.domain.certificates import CANCELLED, REPLACED, Status, state_of
from health_certs.models.base import Base


class Certificate(Aggregate, Base):
    """A certificate; a request has at most one. `reason`: of a revocation by the municipality, sealed; a cancellation
    has no reason. `cleared_at`: since when the revocation no longer keeps the worker from another certificate, by an
    officer's decision, `clearance`. `applicant`: the delegate who gets messages beside the worker, where an
    establishment applied. `results_emptied_at`: since when the results of the examinations are gone."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("certificate_no"),
        UniqueConstraint("request_id"),
        Index(None, "worker_key", "issued_on", postgresql_where=text("worker_key IS NOT NULL")),
        Index(
            None, "establishment", "valid_until", postgresql_where=text("establishment IS NOT NULL")
        ),
        Index(None, "municipality", "issued_on", "certificate_id"),
        Index(
            "ix_certificate_results",
            "valid_until",
            postgresql_where=text("results_emptied_at IS NULL"),
        ),
        Index("ix_certificate_full", "valid_until", postgresql_where=text("emptied_at IS NULL")),
    )
    aggregate_type: ClassVar[str] = "certificate"

    certificate_id: Mapped[Key]
    certificate_no: Mapped[str]
    request_id: Mapped[Id] = mapped_column(
        ForeignKey("request.request_id", name="fk_certificate_request_id")
    )
    municipality: Mapped[str]
    status: Mapped[str]
    profession: Mapped[str]
    season: Mapped[str | None]
    establishment: Mapped[str | None]
    trade_name: Mapped[str | None]
    licence_no: Mapped[str | None]
    application_no: Mapped[str | None]
    applicant: Mapped[Any] = mapped_column(Sealed("certificate.applicant"), nullable=True)
    worker: Mapped[Any] = mapped_column(Sealed("certificate.worker"), nullable=True)
    worker_key: Mapped[str | None] = mapped_column(BlindKey(of="worker_number"))
    issued_on: Mapped[date]
    valid_until: Mapped[date]
    replaced_by: Mapped[str | None]
    reason: Mapped[Any] = mapped_column(Sealed("certificate.reason"), nullable=True)
    cleared_at: Mapped[datetime | None]
    clearance: Mapped[str | None]
    changed_at: Mapped[datetime]
    results_emptied_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]

    @property
    def worker_number(self) -> str | None:
        """The worker's number, ten digits; None once emptied."""
        return (self.worker or {}).get("id_number")

    def record(self) -> dict[str, Any]:
        """Returns the row as plain values, without the reason of a revocation."""
        return {
            **{name: getattr(self, name) for name in _AS_THEY_ARE},
            "issued_on": self.issued_on.isoformat(),
            "valid_until": self.valid_until.isoformat(),
        }


_AS_THEY_ARE = (
    *("certificate_id", "certificate_no", "request_id", "municipality", "status", "profession"),
    *("season", "establishment", "licence_no", "application_no", "applicant", "worker"),
    *("replaced_by", "version"),
)


class SignedDocument(KeptDocument, Base):
    """A signed document. Every certificate has a last day, and so has every document."""

    __table_args__ = (Index(None, "certificate_id", "made_at"), Index(None, "expires_on"))

    certificate_id: Mapped[Id] = mapped_column(
        ForeignKey("certificate.certificate_id", name="fk_signed_document_certificate_id")
    )
    expires_on: Mapped[date] = mapped_column()


class DocumentKey(KeptKey, Base):
    """A key that signed documents of certificates."""


REGISTER = Register(
    documents=SignedDocument,
    keys=DocumentKey,
    of=SignedDocument.certificate_id,
    thing=Certificate.certificate_id,
    facts=(Certificate.status,),
    state_of=state_of,
    not_valid=Certificate.status != Status.VALID.value,
    off_line={CANCELLED: State.CANCELLED, REPLACED: State.REPLACED},
)
