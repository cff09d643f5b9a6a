"""Files of older permits, of papers and of appeals: of what, attached by whom, verified when."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.columns import Document, Id
from permits.models.base import Base


class AttachedFile(Base):
    """`attachment_id` is of the chassis, `thing_type` a type of aggregate, `code` the paper's; `added_by` is
    subject and name as they were. `verified_at`: when an older permit was verified with the file beside it."""

    __tablename__ = "attached_file"
    __table_args__ = (Index(None, "thing_type", "thing_id"),)

    attachment_id: Mapped[Id] = mapped_column(primary_key=True)
    thing_type: Mapped[str]
    thing_id: Mapped[Id]
    code: Mapped[str | None]
    added_at: Mapped[datetime]
    added_by: Mapped[Document]
    verified_at: Mapped[datetime | None]
