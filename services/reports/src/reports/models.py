"""Tables of the service.

Filters, inputs of rules and counted facts are columns. The reporter is one sealed document; `mobile_key` is the keyed
hash of the mobile, which finds the reports of a reporter. Retention empties reporter, description, answers and remarks.
Nothing empties the journal, so the journal holds no text of a citizen.

`duty_officer_told`: the last alert or escalation had a duty officer as contact; null without any alert or escalation.
`words_released_at`: when an officer released the citizen's words; null: the public reads no words, and none of updates.
`released_remark_id`: the last update that the officer read; the public reads the words of no later update.
`words_waiting`: an officer has to read words. `text_withheld`: an officer has hidden the words from the public.
`work_given_at`: since then the present contractor, or the department itself, has the work.

`due_at` is null while the clock stands still. `own_due_at` is the due time by the report's own clock. `hurried_by` is
the earliest due time of its duplicates. A main report is due by the earlier of both, a duplicate with its main report.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Computed,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    TextClause,
    UniqueConstraint,
    and_,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import TYPES, Document, Id, Key
from chassis.data.db import new_metadata
from chassis.data.sealed import BlindKey, Sealed
from reports.domain.clock import ClockKind
from reports.domain.reports import ENDED

Small = Annotated[int, mapped_column(SmallInteger)]
OPEN = text("is_open")


def where_present(column: str) -> TextClause:
    """Restricts an index to the rows with a value in the column."""
    return text(f"{column} IS NOT NULL")


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


class Report(Aggregate, Base):
    """A report, from filing to its end."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("report_number"),
        Index(
            "uq_report_submission",
            "submission",
            unique=True,
            postgresql_where=text("submission IS NOT NULL"),
        ),
        # The lists of officers, newest first. The index of open reports stays small. No index holds the status or
        # the facts of a treatment, so the steps between filing and closing change no index (HOT).
        Index(None, "filed_at", "report_id"),
        Index(None, "municipality", "filed_at", "report_id"),
        Index(None, "department", "filed_at", "report_id"),
        Index(None, "category", "filed_at", "report_id"),
        Index(None, "filed_by", "filed_at", "report_id"),
        Index("ix_report_open", "filed_at", "report_id", postgresql_where=OPEN),
        Index("ix_report_due", "due_at", "report_id", postgresql_where=OPEN),
        Index("ix_report_near", "category", "latitude", "longitude", postgresql_where=OPEN),
        Index("ix_report_alike", "category", "town", postgresql_where=OPEN),
        Index("ix_report_waiting", "filed_at", "report_id", postgresql_where=text("words_waiting")),
        Index(
            None, "assignee", "filed_at", "report_id", postgresql_where=where_present("assignee")
        ),
        Index(
            None,
            "contractor",
            "filed_at",
            "report_id",
            postgresql_where=where_present("contractor"),
        ),
        Index(None, "mobile_key", postgresql_where=where_present("mobile_key")),
        Index(None, "duplicate_of", postgresql_where=where_present("duplicate_of")),
        Index(
            "ix_report_full",
            "closed_at",
            postgresql_where=text("closed_at IS NOT NULL AND emptied_at IS NULL"),
        ),
        {"postgresql_with": {"fillfactor": 70}},  # a report's next versions fit beside it
    )
    aggregate_type: ClassVar[str] = "report"

    report_id: Mapped[Key]
    report_number: Mapped[str]
    channel: Mapped[str]
    category: Mapped[str]
    department: Mapped[str | None]
    municipality: Mapped[str]
    branch_guessed: Mapped[bool]
    town: Mapped[str | None]
    district: Mapped[str | None]
    landmark: Mapped[str | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    description: Mapped[str | None]
    extra: Mapped[Document]
    language: Mapped[str]
    reporter: Mapped[Document | None] = mapped_column(Sealed("report.reporter"))
    mobile_key: Mapped[str | None] = mapped_column(BlindKey(of="mobile"))
    status: Mapped[str]
    is_open: Mapped[bool] = mapped_column(
        Computed("status NOT IN ({})".format(", ".join(f"'{one.value}'" for one in ENDED)))
    )
    asked_in: Mapped[str | None]
    priority: Mapped[str]
    public: Mapped[bool]
    filed_at: Mapped[datetime]
    filed_by: Mapped[str]
    submission: Mapped[str | None]
    submission_digest: Mapped[bytes | None]
    clock_kind: Mapped[str]
    due_at: Mapped[datetime | None]
    own_due_at: Mapped[datetime | None]
    hurried_by: Mapped[datetime | None]
    paused_since: Mapped[datetime | None]
    paused_seconds: Mapped[int]
    paused_working_seconds: Mapped[int]
    escalation_level: Mapped[Small]
    assignee: Mapped[str | None]
    contractor: Mapped[str | None]
    work_order: Mapped[str | None]
    external_body: Mapped[str | None]
    external_reference: Mapped[str | None]
    question: Mapped[str | None]
    resolution: Mapped[str | None]
    reason: Mapped[str | None]
    resolved_at: Mapped[datetime | None]
    working_minutes: Mapped[int | None]
    in_time: Mapped[bool | None]
    closed_at: Mapped[datetime | None]
    reopenable_until: Mapped[datetime | None]
    reopen_count: Mapped[Small]
    reopened_at: Mapped[datetime | None]
    satisfaction: Mapped[Small | None]
    duplicate_of: Mapped[Id | None] = mapped_column(ForeignKey("report.report_id"))
    main_number: Mapped[str | None]
    duplicate_count: Mapped[int]
    updated_at: Mapped[datetime]
    emptied_at: Mapped[datetime | None]
    duty_officer_told: Mapped[bool | None]
    text_withheld: Mapped[bool] = mapped_column(server_default=text("false"))
    words_waiting: Mapped[bool] = mapped_column(server_default=text("true"))
    words_released_at: Mapped[datetime | None]
    released_remark_id: Mapped[int | None] = mapped_column(BigInteger)
    work_given_at: Mapped[datetime | None]

    @property
    def mobile(self) -> str | None:
        """The reporter's mobile, E.164."""
        return (self.reporter or {}).get("mobile")

    @property
    def is_mobile_confirmed(self) -> bool:
        """Whether a code, a call or the national login has shown that the mobile is the reporter's."""
        return bool((self.reporter or {}).get("confirmed"))

    @property
    def treated_since(self) -> datetime | None:
        """The moment of the last reopening or change of hands: a photo from before doesn't show the present work."""
        begun = [one for one in (self.reopened_at, self.work_given_at) if one is not None]
        return max(begun, default=None)

    def record(self) -> Document:
        """Returns the published facts as plain JSON values."""
        names = (
            *("report_id", "report_number", "channel", "category", "department", "municipality"),
            *("branch_guessed", "status", "priority", "public", "reopen_count", "satisfaction"),
            *("duplicate_of", "main_number", "town"),
        )
        moments = ("filed_at", "due_at", "resolved_at", "closed_at", "reopenable_until")
        paused = self.paused_since
        return {
            **{name: getattr(self, name) for name in names},
            **{name: rfc3339(at) if (at := getattr(self, name)) else None for name in moments},
            "clock": {
                "kind": self.clock_kind,
                "paused_since": rfc3339(paused) if paused else None,
                "paused_for": self._paused_for() or None,
                "escalation_level": self.escalation_level,
            },
            "external": self._external(),
            "version": self.version,
        }

    def _external(self) -> Document | None:
        if self.external_body is None:
            return None
        return {"body": self.external_body, "reference": self.external_reference}

    def _paused_for(self) -> int:
        is_working = self.clock_kind == ClockKind.WORKING
        return self.paused_working_seconds if is_working else self.paused_seconds


class Remark(Base):
    """A text about a report: an internal `note`, a `question` to the reporter, an `answer` of the reporter, an `update`
    by a system (Open311's extension; `source` and `source_id` identify the update). `public`: the public reads the
    text."""

    __tablename__ = "remark"
    __table_args__ = (
        Index(None, "report_id", "remark_id"),
        Index(
            "ix_remark_told",
            "at",
            "remark_id",
            postgresql_where=text("kind = 'update' AND public"),
        ),
        UniqueConstraint("source", "source_id"),
    )

    remark_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    report_id: Mapped[Id] = mapped_column(ForeignKey("report.report_id"))
    kind: Mapped[str]
    body: Mapped[str]
    public: Mapped[bool]
    at: Mapped[datetime]
    subject: Mapped[str]
    name: Mapped[str | None]
    source: Mapped[str | None]
    source_id: Mapped[str | None]


BEFORE, AFTER = "before", "after"  # kinds of photos


class Photo(Base):
    """A photo of a report: a claimed attachment. `kind` is `before` or `after`. The public sees released photos."""

    __tablename__ = "report_photo"
    __table_args__ = (UniqueConstraint("attachment_id"),)

    report_id: Mapped[Key] = mapped_column(ForeignKey("report.report_id"))
    position: Mapped[int] = mapped_column(primary_key=True)
    attachment_id: Mapped[Id]
    kind: Mapped[str]
    added_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]


def after_photos_of(row: Report) -> ColumnElement[bool]:
    """Selects the photos that show the present treatment. A photo from before a reopening shows the unsolved problem;
    a photo of a contractor who lost the work shows another treatment."""
    since = row.treated_since
    new = Photo.added_at > since if since else true()
    return and_(Photo.report_id == row.report_id, Photo.kind == AFTER, new)


class NotSolvedToken(Base):
    """The hash of a token in a text to the reporter. By the token of a closing the reporter says «not solved», by the
    token of a question (`is_question`) the reporter answers. Each closing and each question has its token."""

    __tablename__ = "not_solved_token"
    __table_args__ = (Index(None, "report_id"),)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    report_id: Mapped[Id] = mapped_column(ForeignKey("report.report_id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    is_question: Mapped[bool] = mapped_column(server_default=text("false"))


class DutyOfficer(Base):
    """The officer of a department who is notified of danger and of escalation."""

    __tablename__ = "duty_officer"

    department: Mapped[str] = mapped_column(primary_key=True)
    mobile: Mapped[str] = mapped_column(Sealed("duty_officer.mobile"))
    language: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]


class Open311Key(Base):
    """The API key of another system that files reports by Open311. `name`: the name of the system. Only the hash of the
    key is stored."""

    __tablename__ = "open311_key"
    __table_args__ = (UniqueConstraint("key_hash"),)

    key_id: Mapped[Key]
    name: Mapped[str]
    key_hash: Mapped[bytes]
    may_close: Mapped[bool]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
