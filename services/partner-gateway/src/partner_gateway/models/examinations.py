"""Tables of workers who are to be examined, and of what medical centres entered until it's recorded.

No column tells fit from unfit: the result is in a text of one length, sealed for health-certs, and gone once that has
answered.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.sealed import BlindKey, Sealed
from partner_gateway.models.base import Base


class Examinee(Base):
    """A request of a worker who is to be examined, as far as the chosen centre needs it. Once the request has ended
    nothing stays but its number: `worker` and all beside it are None. `found_revision` is the worker's, as a centre
    found him last; no event has it."""

    __tablename__ = "examinee"

    request_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    number: Mapped[str] = mapped_column(unique=True)
    centre: Mapped[str | None]
    worker: Mapped[dict[str, Any] | None] = mapped_column(Sealed("examinee.worker"))
    worker_key: Mapped[str | None] = mapped_column(BlindKey(of="worker_number"))
    revision: Mapped[int | None]
    until: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    found_revision: Mapped[int | None]

    @property
    def worker_number(self) -> str | None:
        """What the key is made of: apart from that of owners, so that no join finds who is both."""
        return named(self.worker["id_number"]) if self.worker else None


def named(number: str) -> str:
    """The text whose keyed hash finds the request of a worker's number."""
    return f"examinee|{number}"


class HealthExamination(Base):
    """An entry of a medical centre; a correction is another one. `sealed` is what's published, the same text each time
    (events/partner-gateway/health-examination.v1.schema.json), None once it's answered; `published` counts how often,
    `due_at` is when it's published again. `first_at`: of the entry that a chain of corrections began with."""

    __tablename__ = "health_examination"

    examination_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    request_id: Mapped[str] = mapped_column(UUID(as_uuid=False))
    number: Mapped[str]
    centre: Mapped[str]
    revision: Mapped[int]
    corrects: Mapped[str | None] = mapped_column(UUID(as_uuid=False))
    first_at: Mapped[datetime]
    entered_at: Mapped[datetime]
    sealed: Mapped[str | None]
    published: Mapped[int]
    due_at: Mapped[datetime | None]
    status: Mapped[str]
    reason: Mapped[str | None]
    recorded_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_health_examination_own", "centre", "entered_at", "examination_id"),
        Index("ix_health_examination_request", "request_id", "centre", "entered_at"),
        Index("ix_health_examination_number", "number", "centre", "entered_at"),
        Index("ix_health_examination_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_health_examination_entered_at", "entered_at"),
    )
