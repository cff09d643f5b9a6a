"""Tables of the service.

`Tender` and `Lease` are two aggregates; the columns that both have stand in `Offering`. The rows that belong to an
offering name it by `offering_id`, which is unique over both. Estimates, bids and questions are sealed, so that a copy
of the database tells none of them before their time.

`ocid`: the identifier of the contracting process in OCDS; a prefix that is set later changes no published identifier.
`documents`: links and files, see domain/documents.py. `changed_at`: the last public change. `settled_at`: a contract is
signed or the offering is cancelled, so followers hear nothing more. `forgotten_at`: the followers are deleted.
`search`: the title as searches compare it.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.core.state_machine import StateMachine
from chassis.data.aggregates import Aggregate
from chassis.data.columns import TYPES, Document, Documents, Halalas, Id, Key
from chassis.data.db import new_metadata
from chassis.data.sealed import BlindKey, Sealed
from invoicing.tables import NumberedInvoiceTable
from tenders.domain import leases, tenders
from tenders.domain.disclosure import shows_estimate
from tenders.domain.offerings import LEASE, TENDER, Deadlines


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


class Terms:
    """The columns of an offering and of its editions: deadlines and documents."""

    questions_until: Mapped[datetime]
    bids_until: Mapped[datetime]
    opens_at: Mapped[datetime]
    documents: Mapped[Documents]

    @property
    def deadlines(self) -> Deadlines:
        return Deadlines(self.questions_until, self.bids_until, self.opens_at)


class Offering(Terms, Aggregate):
    """The columns of tenders and leases alike. `award`: receipt number, supplier, unified number, amount, minutes."""

    life: ClassVar[StateMachine[Any, Any]]
    inquiry_kind: ClassVar[str]
    ended: ClassVar[Collection[str]]  # the states after which nobody acts

    number: Mapped[str | None]
    ocid: Mapped[str | None]
    municipality: Mapped[str]
    status: Mapped[str]
    title_ar: Mapped[str]
    title_en: Mapped[str]
    search: Mapped[str]
    description: Mapped[Document]
    platform_number: Mapped[str | None]
    booklet_price: Mapped[Halalas]
    guarantee_percent: Mapped[float]
    drafted_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    edition: Mapped[int]
    opened_at: Mapped[datetime | None]
    opened_by: Mapped[str | None]
    opening_minutes: Mapped[str | None]
    bids_count: Mapped[int | None]
    award: Mapped[Document | None]
    awarded_at: Mapped[datetime | None]
    contract_number: Mapped[str | None]
    signed_on: Mapped[date | None]
    cancel_code: Mapped[str | None]
    cancel_reason: Mapped[Document | None]
    cancelled_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]

    @property
    def booklet_url(self) -> Any:
        """Where the booklet is that the municipality sells itself: only its buyers read it. None if it sells none."""
        return None

    @property
    def secret_amount(self) -> int:
        """The estimate of a tender, the least rent of a lease, in halalas."""
        raise NotImplementedError

    @property
    def public_amount(self) -> int | None:
        """The secret amount once everybody may read it."""
        return self.secret_amount if shows_estimate(self.awarded_at) else None


def _indexes_of(offering: str) -> tuple[Any, ...]:
    key, is_known = f"{offering}_id", text("forgotten_at IS NULL")
    return (
        UniqueConstraint("number"),
        Index(None, "municipality", "drafted_at", key),
        Index(None, "drafted_at", key),
        Index(None, "published_at", key),
        Index(f"ix_{offering}_known", "settled_at", postgresql_where=is_known),
    )


class Tender(Offering, Base):
    """A purchasing tender."""

    __tablename__ = "tender"
    __table_args__ = _indexes_of(TENDER)
    aggregate_type: ClassVar[str] = TENDER
    life, inquiry_kind, ended = tenders.LIFE, tenders.KIND, tenders.ENDED

    tender_id: Mapped[Key]
    category: Mapped[str]
    method: Mapped[str]
    estimate: Mapped[Any] = mapped_column(Sealed("tender.estimate"))

    @property
    def secret_amount(self) -> int:
        return int(self.estimate)


class Lease(Offering, Base):
    """A lease of municipal property."""

    __tablename__ = "lease"
    __table_args__ = _indexes_of(LEASE)
    aggregate_type: ClassVar[str] = LEASE
    life, inquiry_kind, ended = leases.LIFE, leases.KIND, leases.ENDED

    lease_id: Mapped[Key]
    kind: Mapped[str]
    activity: Mapped[Document]
    site: Mapped[Document]
    area_m2: Mapped[float]
    term_years: Mapped[int | None]
    term_days: Mapped[int | None]
    grace_days: Mapped[int]
    minimum_rent: Mapped[Any] = mapped_column(Sealed("lease.minimum_rent"))
    booklet_url: Mapped[Any] = mapped_column(Sealed("lease.booklet_url"), nullable=True)
    handed_over_on: Mapped[date | None]
    hand_over_report: Mapped[str | None]
    ends_on: Mapped[date | None]
    extended: Mapped[bool] = mapped_column(default=False)

    @property
    def secret_amount(self) -> int:
        return int(self.minimum_rent)


OfferingT = TypeVar("OfferingT", Tender, Lease)


class BookletPurchase(Aggregate, Base):
    """A mobile's purchase of a lease's booklet, which the municipality sells. `buyer`: name, id_type, id_number, mobile
    and language; emptied some time after the lease is settled. `invoice_id`: the present invoice. `bought_at`: when the
    first money was paid; the buyer could read the booklet from then on. `paid_at`: when the money that is here was
    paid; a refund empties it. `ended_at`: nobody waits for the money any more."""

    __tablename__ = "booklet"
    __table_args__ = (UniqueConstraint("lease_id", "mobile_key"),)
    aggregate_type: ClassVar[str] = "booklet"

    booklet_id: Mapped[Key]
    lease_id: Mapped[Id] = mapped_column(ForeignKey("lease.lease_id"))
    buyer: Mapped[Any] = mapped_column(Sealed("booklet.buyer"), nullable=True)
    mobile_key: Mapped[str | None] = mapped_column(BlindKey(of="mobile"))
    invoice_id: Mapped[Id | None]
    requested_at: Mapped[datetime]
    bought_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def mobile(self) -> str | None:
        return None if self.buyer is None else str(self.buyer["mobile"])


class Invoice(NumberedInvoiceTable, Base):
    """The invoice of a booklet."""

    __tablename__ = "invoice"
    __table_args__ = (Index(None, "booklet_id"),)

    booklet_id: Mapped[Id] = mapped_column(ForeignKey("booklet.booklet_id"))


class Edition(Terms, Base):
    """What held from a publication on: the deadlines and documents, and why they were amended. Never changed."""

    __tablename__ = "edition"

    offering_id: Mapped[Key]
    edition: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[Document | None]
    published_at: Mapped[datetime]


class Bid(Base):
    """A bid that was received. `contents`: bidder, unified number and amount, as the committee read them; null before
    the opening. `withdrawn_at`: the receipt was recorded by mistake; its number may be recorded again."""

    __tablename__ = "bid"
    __table_args__ = (
        Index(
            "ix_bid_standing",
            *("offering_id", "receipt_number"),
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index(None, "offering_id"),
    )

    bid_id: Mapped[Key]
    offering_id: Mapped[Id]
    receipt_number: Mapped[str]
    source: Mapped[str]
    received_at: Mapped[datetime]
    received_by: Mapped[str]
    contents: Mapped[Any] = mapped_column(Sealed("bid.contents"), nullable=True)
    accepted: Mapped[bool | None]
    withdrawn_at: Mapped[datetime | None]


class Question(Base):
    """A question. `asked`: in the words of the asker, whom nothing records; `question` and `answer`: as published.
    `dismissed_because`: a key of DISMISSALS."""

    __tablename__ = "question"
    __table_args__ = (Index(None, "offering_id", "asked_at"),)

    question_id: Mapped[Key]
    offering_id: Mapped[Id]
    asked: Mapped[Any] = mapped_column(Sealed("question.asked"), nullable=True)
    question: Mapped[str | None]
    answer: Mapped[str | None]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]
    dismissed_because: Mapped[str | None]


class Follower(Base):
    """A mobile that follows an offering. `contact`: mobile, language, and the token of the link that ends the texts."""

    __tablename__ = "follower"
    __table_args__ = (
        UniqueConstraint("offering_id", "mobile_key"),
        UniqueConstraint("token_hash"),
        Index(None, "offering_id", "follower_id"),
    )

    follower_id: Mapped[Key]
    offering_id: Mapped[Id]
    contact: Mapped[Any] = mapped_column(Sealed("follower.contact"))
    mobile_key: Mapped[str] = mapped_column(BlindKey(of="mobile"))
    token_hash: Mapped[bytes]
    followed_at: Mapped[datetime]

    @property
    def mobile(self) -> str:
        return str(self.contact["mobile"])


class FollowerNotice(Base):
    """What the followers of an offering are told. `last_follower_id`: the last follower whom the notice reached;
    `facts`: the fields of the event."""

    __tablename__ = "notice"
    __table_args__ = (Index(None, "offering_id"),)

    notice_id: Mapped[Key]
    offering_id: Mapped[Id]
    happened: Mapped[str]
    facts: Mapped[Document]
    last_follower_id: Mapped[Id | None]
    made_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class OcdsRelease(Base):
    """A release of OCDS as it was published. Never changed."""

    __tablename__ = "ocds_release"
    __table_args__ = (
        UniqueConstraint("release_id"),
        Index(None, "offering_type", "serial"),
        Index(None, "ocid", "serial"),
    )

    serial: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    release_id: Mapped[str]
    ocid: Mapped[str]
    offering_type: Mapped[str]
    published_at: Mapped[datetime]
    content: Mapped[Document]
