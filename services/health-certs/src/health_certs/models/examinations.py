"""What medical centres entered, and passed courses of health education. A result stands in one sealed column of one
length, which few may read (`domain.access`). No other column differs between fit and unfit."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, or_, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import Id, Key
from chassis.data.sealed import BlindKey, Sealed
from health_certs.domain.examinations import ACCEPTED, Accepted, Entry
from health_certs.models.base import Base
from health_certs.models.requests import Request


class Examination(Aggregate, Base):
    """One entry of a centre. A correction is another entry, which names the corrected one. An entry is an aggregate of
    its own, so that it doesn't change the version of its request: the request's events would have a gap. `entry`:
    `domain.examinations.Entry` as padded JSON, emptied with time; `revision`: of the request's worker at that time;
    `worker_key`: the keyed hash of that worker's number, by which the entries about a person are found."""

    __tablename__ = "examination"
    __table_args__ = (
        Index(None, "request_id", "entered_at"),
        Index(None, "worker_key", postgresql_where=text("worker_key IS NOT NULL")),
    )
    aggregate_type: ClassVar[str] = "examination"

    examination_id: Mapped[Key]
    request_id: Mapped[Id | None] = mapped_column(
        ForeignKey("request.request_id", name="fk_examination_request_id")
    )
    centre: Mapped[str]
    entry: Mapped[Any] = mapped_column(Sealed("examination.entry"), nullable=True)
    worker_key: Mapped[str | None] = mapped_column(BlindKey(of="worker_number"))
    revision: Mapped[int]
    corrects: Mapped[Id | None]
    status: Mapped[str]
    reason_code: Mapped[str | None]
    entered_at: Mapped[datetime]
    received_at: Mapped[datetime]
    emptied_at: Mapped[datetime | None]
    request: Mapped[Request | None] = relationship(viewonly=True)

    @classmethod
    def counts_for(
        cls, request_ids: Collection[str], worker_keys: Collection[str]
    ) -> ColumnElement[bool]:
        """Selects the accepted entries for the requests, and those about the workers for whichever request."""
        about = or_(cls.request_id.in_(request_ids), cls.worker_key.in_(worker_keys))
        return and_(about, cls.status == ACCEPTED, cls.entry.is_not(None))

    @property
    def worker_number(self) -> str | None:
        """The examined worker's number; None for a refused or emptied entry. An entry from before migration 0002 names
        no worker: the number is that of its request, as long as the request still has the revision that was examined.
        None for an older revision, whose number nobody knows any more."""
        if not self.entry:
            return None
        number = Entry.read(self.entry).worker
        examined = self.request
        if number is None and examined is not None and examined.revision == self.revision:
            return examined.worker_number
        return number

    def name_worker(self, number: str) -> None:
        """Writes the examined worker's number into an entry from before entries named the worker."""
        entry = Entry.read(self.entry)
        if entry.worker is None:
            self.entry = replace(entry, worker=number).sealed_text()
            self.worker_key = number

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
            examination_id=self.examination_id,
            request_id=self.request_id or "",
            centre=self.centre,
            entered_at=self.entered_at,
            examined_on=entry.examined_on,
            revision=self.revision,
            fit=entry.fit,
            corrects=self.corrects,
        )
        return weighed, entry


class Education(Base):
    """A passed course of health education. A pass belongs to a worker, and counts for each request until the pass ends.
    `language`: of the course; `entered_by`: the officer's name at that time. A void pass counts for nothing, and stays
    for the record."""

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
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[str | None]
    void_reason: Mapped[str | None]
