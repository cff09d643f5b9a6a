"""What medical centres entered. The result is in one sealed column of one length, which few may read
(`domain.readers`); nothing beside it differs between fit and unfit."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import Id, Key
from chassis.data.sealed import Sealed
from health_certs.domain.examinations import Accepted, Entry
from health_certs.models.base import Base


class Examination(Aggregate, Base):
    """One entry of a centre; a correction is another one, that names what it corrects. It's an aggregate of its own:
    an entry changes no version of the request, whose events would have a gap. Of the accepted entries of a request the
    last entered counts. `entry`: `domain.examinations.Entry` as padded JSON, emptied with time; `revision`: of the
    request's worker when it was entered."""

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
        """What the centre is told of it, the same each time; nothing of what it says."""
        return {
            "examination_id": self.examination_id,
            "outcome": self.status,
            "reason": self.reason_code,
            "recorded_at": rfc3339(self.received_at),
        }

    def opened(self) -> tuple[Accepted, Entry]:
        """What it says, and what the decision weighs of it. Only for an entry that isn't emptied."""
        entry = Entry.read(self.entry)
        weighed = Accepted(
            self.examination_id, self.centre, self.entered_at, self.revision, entry.fit
        )
        return weighed, entry
