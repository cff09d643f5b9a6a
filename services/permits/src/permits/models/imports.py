"""Batches of older permits. What a file says of people stands sealed, and is emptied once permits were made of it or
the batch ended otherwise; numbers of permits, places and faults stay."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document, Key
from chassis.data.sealed import Sealed
from permits.models.base import Base


class PermitImport(Aggregate, Base):
    """`rows`: how many were numbered so far; `sendings`: how many files. `not_before`: after a step that failed;
    `tries`: how many of this status did.     `released_by`: who, as the journal has an actor."""

    __tablename__ = "permit_import"
    __table_args__ = (
        Index(None, "created_at", "import_id"),
        Index(
            "ix_permit_import_at_work",
            "created_at",
            postgresql_where=text("status IN ('reading', 'releasing')"),
        ),
    )
    aggregate_type = "permit-import"

    import_id: Mapped[Key]
    municipality: Mapped[str]
    origin: Mapped[str]
    status: Mapped[str]
    rows: Mapped[int]
    sendings: Mapped[int]
    sample_size: Mapped[int | None]
    wrong_allowed: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    released_by: Mapped[Document | None]
    not_before: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)


class ImportPiece(Base):
    """Rows of a file as they were sent, until they're read. `digest` is of the file: the same one isn't taken twice.
    `sent_by`: who, as the journal has an actor."""

    __tablename__ = "permit_import_piece"
    __table_args__ = (
        Index(None, "import_id", "place", postgresql_where=text("content IS NOT NULL")),
    )

    import_id: Mapped[Key] = mapped_column(ForeignKey("permit_import.import_id"))
    place: Mapped[int] = mapped_column(primary_key=True)
    sending: Mapped[int]
    heading: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    content: Mapped[Document | None] = mapped_column(Sealed("import_piece.content"))
    sent_by: Mapped[Document]


class ImportFile(Base):
    """A file that a batch has, by its digest."""

    __tablename__ = "permit_import_file"
    __table_args__ = (UniqueConstraint("import_id", "digest"),)

    import_id: Mapped[Key] = mapped_column(ForeignKey("permit_import.import_id"))
    sending: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    digest: Mapped[str]
    rows: Mapped[int]


class ImportRow(Base):
    """A row, by its number in the batch. `data`: the contract's OlderPermit, sealed; of a row that couldn't be
    read, its heading and cells. `plots`: plan and plot, as
    saudi.finding spells them. `sent_by`: who entered it, as the journal has an actor."""

    __tablename__ = "permit_import_row"
    __table_args__ = (
        Index(None, "import_id", "status", "row_number"),
        Index(
            "ix_permit_import_row_unprocessed",
            *("import_id", "row_number"),
            postgresql_where=text("status = 'unprocessed'"),
        ),
        Index(None, "import_id", "number_key"),
        Index(None, "plots", postgresql_using="gin"),
    )

    import_id: Mapped[Key] = mapped_column(ForeignKey("permit_import.import_id"))
    row_number: Mapped[int] = mapped_column(primary_key=True)
    sending: Mapped[int]
    line: Mapped[int]
    status: Mapped[str]
    permit_number: Mapped[str | None]
    number_key: Mapped[str | None]
    plots: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    data: Mapped[Document | None] = mapped_column(Sealed("import_row.data"))
    faults: Mapped[list[Document]]
    warnings: Mapped[list[Document]]
    sent_by: Mapped[Document]
    sampled: Mapped[bool]
    verdict: Mapped[str | None]
    note: Mapped[str | None]
    judged_by: Mapped[str | None]
    judged_at: Mapped[datetime | None]
    permit_id: Mapped[str | None]
