"""Lists of workers, as delegates send them: each row waits for its turn, and keeps what became of it."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Documents, Id, Key
from chassis.data.sealed import Sealed
from health_certs.models.base import Base


class RequestList(Aggregate, Base):
    """A file. `establishment`, and its licence or application, is what holds for all rows, like the `centre` of those
    that name none; `sender`: the delegate's subject; `sent_by`: who that is, until the last row is done."""

    __tablename__ = "request_list"
    __table_args__ = (
        Index("ix_request_list_done_at", "done_at", postgresql_where=text("done_at IS NOT NULL")),
    )
    aggregate_type: ClassVar[str] = "request_list"

    list_id: Mapped[Key]
    establishment: Mapped[str]
    licence_no: Mapped[str | None]
    application_no: Mapped[str | None]
    centre: Mapped[str | None]
    sender: Mapped[str]
    sent_by: Mapped[Any] = mapped_column(Sealed("request_list.sent_by"), nullable=True)
    sent_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class RequestListRow(Base):
    """A row of a file. `cells`: by column, until it's done; `outcome`: what became of it, with the number that it's
    told by; `faults`: codes of what is wrong, by column, and no value of the row's."""

    __tablename__ = "request_list_row"
    __table_args__ = (
        Index(
            "ix_request_list_row_waiting",
            "list_id",
            "row",
            postgresql_where=text("outcome IS NULL"),
        ),
    )

    list_id: Mapped[Id] = mapped_column(
        ForeignKey("request_list.list_id", name="fk_request_list_row_list_id"), primary_key=True
    )
    row: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[Any] = mapped_column(Sealed("request_list_row.cells"), nullable=True)
    outcome: Mapped[str | None]
    request_no: Mapped[str | None]
    certificate_no: Mapped[str | None]
    faults: Mapped[Documents]
