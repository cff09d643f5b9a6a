"""Tables of what partners and medical centres may ask and what they entered.

No column tells a fit worker from an unfit one: the result is in a text of one length, sealed for health-certs, and
deleted once health-certs has answered."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Index,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.sealed import BlindKey, Sealed
from partner_gateway.models.base import Base


class PartnerGrant(Base):
    """The newest state of each grant whose audience is the gateway."""

    __tablename__ = "partner_grant"

    grant_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    organisation: Mapped[str] = mapped_column(index=True)
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    query_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    entry_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    widest_span_days: Mapped[int | None]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    rows_per_day: Mapped[int]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    status: Mapped[str]


class PartnerEntry(Base):
    """An entry of a partner's named employee about a building, and the answer of `permits`.

    `area` is `insulation` or `supply`; `content` is what was entered, sealed because it names people; `answer` is the
    event's data and `version` the event's version, 0 before the answer. `emptied_at`: when names and typed texts were
    deleted.
    """

    __tablename__ = "partner_entry"

    entry_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int] = mapped_column(server_default="0")
    area: Mapped[str]
    kind: Mapped[str]
    organisation: Mapped[str]
    permit_id: Mapped[str] = mapped_column(UUID(as_uuid=False))
    permit_number: Mapped[str]
    municipality: Mapped[str]
    entered_at: Mapped[datetime]
    entered_by: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(Sealed("partner_entry.content"))
    outcome: Mapped[str]
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    answered_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_partner_entry_own", "organisation", "area", "entered_at", "entry_id"),
        Index("ix_partner_entry_permit", "permit_id"),
        Index("ix_partner_entry_waiting", "entered_at", postgresql_where=text("version = 0")),
        Index("ix_partner_entry_full", "answered_at", postgresql_where=text("emptied_at IS NULL")),
    )


class Examinee(Base):
    """A request whose worker is to be examined, as far as the chosen centre needs the request.

    Once the request has ended only its number stays: `worker` and the other columns are None. `found_revision` is the
    revision of the worker that a centre found last; no event carries it.
    """

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
        """Returns the text of the blind key. It differs from the text of owners' keys, so that no join finds a
        worker who is an owner too."""
        return worker_key_text(self.worker["id_number"]) if self.worker else None


def worker_key_text(number: str) -> str:
    """Returns the text whose keyed hash finds a request by its worker's number."""
    return f"examinee|{number}"


class HealthExamination(Base):
    """An entry of a medical centre. A correction is an entry of its own.

    `sealed` is the text that is published, the same text each time
    (events/partner-gateway/health-examination.v1.schema.json), and None once the entry is answered. `published` counts
    the publications, `due_at` is the time of the next one. `first_at`: when the first entry of a chain of corrections
    was made.
    """

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
