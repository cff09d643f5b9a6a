"""What somebody wrote as he acted, beside the journal: that is for ever, and what people write of people is not."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.sealed import Sealed
from licences.models.base import Base


class Remark(Base):
    """The reason or remark of one journal entry, found by its aggregate, version and action. Deleted when the aggregate
    is emptied."""

    __tablename__ = "remark"

    aggregate_type: Mapped[str] = mapped_column(primary_key=True)
    aggregate_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]
    text: Mapped[Any] = mapped_column(Sealed("remark.text"))
