"""Applications with all that belongs to them, the licences that they lead to, and the activities."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    UniqueConstraint,
    and_,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document, Documents, Halalas, Id, Key
from chassis.data.sealed import BlindKey, Sealed
from invoicing.tables import NumberedInvoiceTable
from licences.domain.actors import Applicant
from licences.domain.applications import UNDECIDED, Status
from licences.domain.explanations import explain_finding
from licences.domain.licences import renewable_from
from licences.domain.missing import Missing, missing_of
from licences.models.base import Base, Codes


class Application(Aggregate, Base):
    """A request for a licence, its renewal or its end, from submission to its end.

    `owner_number`: the owner's identity number. `review_until`: the last day to decide, while an officer has the
    application. `follows_id`: the ended application that is sent again. `ends_on`: the last day for what the applicant
    has to give, to complete or to pay; the application ends afterwards. `inspection`: the visit before the decision,
    `{due_on, result}`. `emptied_at`: when its personal data were removed.
    """

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("application_no"),
        Index(None, "submitted_at", "application_id"),
        Index(None, "municipality", "submitted_at", "application_id"),
        Index(None, "status", "submitted_at", "application_id"),
        Index("ix_application_full", "closed_at", postgresql_where=text("emptied_at IS NULL")),
        Index(None, "owner_key", postgresql_where=text("owner_key IS NOT NULL")),
        Index(None, "establishment", postgresql_where=text("establishment IS NOT NULL")),
        Index(None, "licence_no", postgresql_where=text("licence_no IS NOT NULL")),
        Index(
            None,
            "review_until",
            "municipality",
            postgresql_where=text("review_until IS NOT NULL"),
        ),
        Index(
            None, "building_permit_key", postgresql_where=text("building_permit_key IS NOT NULL")
        ),
    )
    aggregate_type: ClassVar[str] = "application"

    application_id: Mapped[Key]
    application_no: Mapped[str]
    request: Mapped[str]
    kind: Mapped[str]
    municipality: Mapped[str]
    channel: Mapped[str]
    status: Mapped[str]
    licence_id: Mapped[Id | None]
    licence_no: Mapped[str | None]
    replaces_licence_no: Mapped[str | None]
    establishment: Mapped[str | None]
    owner_number: Mapped[Any] = mapped_column(Sealed("application.owner_number"), nullable=True)
    owner_key: Mapped[str | None] = mapped_column(BlindKey(of="owner_number"))
    body: Mapped[Any] = mapped_column(Sealed("application.body"), nullable=True)
    town: Mapped[str | None]
    activities: Mapped[Documents]
    workers: Mapped[int]
    years: Mapped[int]
    area_m2: Mapped[Decimal] = mapped_column(Numeric(9, 2))
    building_permit_key: Mapped[str | None]
    waits_for: Mapped[Codes]
    rules: Mapped[str | None]
    outcome: Mapped[str | None]
    decision: Mapped[Any] = mapped_column(Sealed("application.decision"), nullable=True)
    decided_at: Mapped[datetime | None]
    fee_halalas: Mapped[Halalas | None]
    fee_lines: Mapped[Documents]
    invoice_id: Mapped[Id | None]
    reason_code: Mapped[str | None]
    reasons: Mapped[Any] = mapped_column(Sealed("application.reasons"), nullable=True)
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[Document]
    follows_id: Mapped[Id | None]
    review_until: Mapped[date | None]
    ends_on: Mapped[date | None]
    inspection: Mapped[Document | None]
    closed_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]

    def record(self) -> dict[str, Any]:
        """Returns the row as plain values, with what is sealed in the table."""
        decision = self.decision
        return {
            **{name: getattr(self, name) for name in _APPLICATION_FIELDS},
            "submitted_at": rfc3339(self.submitted_at),
            "decided_at": rfc3339(self.decided_at) if self.decided_at else None,
            "review_until": self.review_until.isoformat() if self.review_until else None,
            "ends_on": self.ends_on.isoformat() if self.ends_on else None,
            "missing": self.missing(),
            "outcome_at": decision["decided_at"] if decision else None,
            "reasons": self.reasons or [],
            "explanation": [explain_finding(one) for one in decision["findings"]]
            if decision
            else [],
        }

    def missing(self) -> list[Missing]:
        """Returns what the undecided application lacks, and who has to give it."""
        if self.decision is None or Status(self.status) not in UNDECIDED:
            return []
        return missing_of(self.decision["findings"])


_APPLICATION_FIELDS = (
    *("application_id", "application_no", "request", "kind", "municipality", "channel", "status"),
    *("licence_no", "licence_id", "establishment", "activities", "workers", "waits_for"),
    *("decision", "fee_halalas", "invoice_id", "reason_code", "body", "inspection", "version"),
)


class Fact(Base):
    """A fact, by which a condition is decided, and its source. The newest fact of a name counts; older facts stay.
    `value` may hold personal data; `source` holds none besides an officer's name."""

    __tablename__ = "fact"
    __table_args__ = (Index(None, "application_id", "name", "fact_id"),)

    fact_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    application_id: Mapped[Id] = mapped_column(
        ForeignKey("application.application_id", name="fk_fact_application_id")
    )
    name: Mapped[str]
    value: Mapped[Any] = mapped_column(Sealed("fact.value"), nullable=True)
    source: Mapped[Document]
    known_at: Mapped[datetime]
    valid_until: Mapped[date | None]


class Ask(Base):
    """A schedule for the questions to outside bodies about an application. `lease_until`: a process asks just now.
    `failures`: the bodies that gave no answer the last time, and why."""

    __tablename__ = "ask"
    __table_args__ = (Index(None, "due_at"),)

    application_id: Mapped[Id] = mapped_column(
        ForeignKey("application.application_id", name="fk_ask_application_id"), primary_key=True
    )
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    failures: Mapped[Document]


class Inspection(Base):
    """A visit: before the decision of an application, or after the issue of a licence."""

    __tablename__ = "inspection"
    __table_args__ = (
        Index(None, "application_id"),
        Index(
            "ix_inspection_due", "municipality", "due_on", postgresql_where=text("result IS NULL")
        ),
    )

    inspection_id: Mapped[Key]
    application_id: Mapped[Id] = mapped_column(
        ForeignKey("application.application_id", name="fk_inspection_application_id")
    )
    licence_id: Mapped[Id | None]
    municipality: Mapped[str]
    stage: Mapped[str]
    ordered_at: Mapped[datetime]
    due_on: Mapped[date]
    inspected_on: Mapped[date | None]
    inspector: Mapped[str | None]
    result: Mapped[str | None]
    note: Mapped[str | None]


class Invoice(NumberedInvoiceTable, Base):
    """What an application costs, and what became of its bill."""

    __tablename__ = "invoice"
    __table_args__ = (
        Index(None, "application_id"),
        Index(
            "ix_invoice_returned",
            "invoice_id",
            postgresql_where=text("status IN ('refunding', 'refunded')"),
        ),
    )

    application_id: Mapped[Id] = mapped_column(
        ForeignKey("application.application_id", name="fk_invoice_application_id")
    )


class Draft(Base):
    """What an applicant has typed so far, sealed and published to nobody. The service reads nothing of `form`.
    `subject`: the owner. `establishment`: for whom the licence will be. `version` counts the forms; `changed_by` typed
    the last form."""

    __tablename__ = "draft"
    __table_args__ = (
        Index(None, "subject", "changed_at"),
        Index(None, "establishment"),
        Index(None, "changed_at"),
    )

    draft_id: Mapped[Key]
    subject: Mapped[str]
    establishment: Mapped[str | None]
    form: Mapped[Any] = mapped_column(Sealed("draft.form"))
    version: Mapped[int] = mapped_column(server_default="1")
    changed_by: Mapped[str | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    @classmethod
    def owned_by(cls, applicant: Applicant) -> ColumnElement[bool]:
        """Selects the applicant's drafts: an establishment's, or the applicant's own."""
        return or_(
            cls.establishment.in_(sorted(applicant.establishments)),
            and_(cls.establishment.is_(None), cls.subject == applicant.subject),
        )


class Remark(Base):
    """What an officer wrote with an act: the text of one journal entry, found by its aggregate, version and action.

    The remark stands beside the journal, which is never emptied. The remark is deleted when the aggregate is emptied.
    """

    __tablename__ = "remark"

    aggregate_type: Mapped[str] = mapped_column(primary_key=True)
    aggregate_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]
    text: Mapped[Any] = mapped_column(Sealed("remark.text"))


class Activity(Aggregate, Base):
    """An activity, as its last event said: `state` is events/licences/activity.v1.schema.json."""

    __tablename__ = "activity"
    aggregate_type: ClassVar[str] = "activity"

    code: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[Document]
    in_force_from: Mapped[date]
    in_force_until: Mapped[date | None]


class Licence(Aggregate, Base):
    """A licence. `body`: its application. `decision`: why it was issued. `trade_key`: by which the public register
    finds it.

    `closings`: the violations for which the place is closed, each with the people who had a part in it.
    `before_closing`: status and reason of a licence that was suspended before its place was closed. `visit_due_on`: by
    when the place is looked at after the issue.
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
    visit_due_on: Mapped[date | None]
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
            **{name: getattr(self, name) for name in _LICENCE_FIELDS},
            **days,
            "renewable_from": opens.isoformat(),
            "visit_due_on": self.visit_due_on.isoformat() if self.visit_due_on else None,
        }


_LICENCE_FIELDS = (
    *("licence_id", "licence_no", "application_id", "kind", "municipality", "status"),
    *("establishment", "trade_name", "activities", "town", "years", "reason_code", "reason"),
    *("replaced_by", "body", "version"),
)
