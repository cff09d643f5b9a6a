"""What medical centres entered, and passed courses of health education. A result stands in one sealed column of one
length, which few may read (`domain.access`). No other column differs between fit and unfit."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import Id, Key
from chassis.data.sealed import BlindKey, Sealed
from health_certs.domain.examinations import Accepted, Entry
from health_certs.models.base import Base


class Examination(Aggregate, Base):
    """One entry of a centre. A correction is another entry, which names the corrected one. An entry is an aggregate of
    its own, so that it doesn't change the version of its request: the request's events would have a gap. `entry`:
    `domain.examinations.Entry` as padded JSON, emptied with time; `revision`: of the request's worker at that time."""

    __tablename__ = "examination"
    __table_args__ = (Index(None, "request_id", "entered_at"),)
    aggregate_type: ClassVar[str] = "examination"

    examination_id: Mapped[Key]
    request_id: Mapped[Id | None] = mapped_column(
        ForeignKey("request.request_id", name="fk_examination_request_id")
    )
    centre: Mapped[str]
    entry: Mapped[Any] = mapped_column(Sealed("examination.entry"), nullable=True)
    revision: Mapped[int]
    corrects: Mapped[Id | None]
    status: Mapped[str]
    reason_code: Mapped[str | None]
    entered_at: Mapped[datetime]
    received_at: Mapped[datetime]
    emptied_at: Mapped[datetime | None]

    def answer(self) -> dict[str, Any]:
        """Returns the centre's answer, the same each time, without anything of the result."""
        return {
            "examination_id": self.examination_id,
            "outcome": self.status,
            "reason": self.reason_code,
            "recorded_at": rfc3339(self.received_at),
        }

    def opened(self) -> tuple[Accepted, Entry]:
        """Returns what the decision weighs, and the whole entry. Call it only for an entry that isn't emptied."""
        entry = Entry.read(self.entry)
        weighed = Accepted(
            self.examination_id, self.centre, self.entered_at, self.revision, entry.fit
        )
        return weighed, entry


class Education(Base):
    """A passed course of health education. A pass belongs to a worker, and counts for each request until the pass ends.
    `language`: of the course; `entered_by`: the officer's name at that time."""

    __tablename__ = "education"
    __table_args__ = (Index(None, "worker_key"),)

    education_id: Mapped[Key]
    worker_number: Mapped[Any] = mapped_column(Sealed("education.worker_number"), nullable=True)
    worker_key: Mapped[str | None] = mapped_column(BlindKey(of="worker_number"))
    course: Mapped[str]
    language: Mapped[str]
    passed_on: Mapped[date]
    valid_until: Mapped[date]
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]
