"""Papers that were handed in with a request: which, when, where they're filed, who recorded them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.columns import Document, Key
from permits.models.permits import Base


class RequestPaper(Base):
    """`code` is of reference/permit-kinds.yaml; `recorded_by` is subject and name as they were."""

    __tablename__ = "permit_request_paper"

    request_id: Mapped[Key] = mapped_column(
        ForeignKey("permit_request.request_id", name="fk_permit_request_paper_request_id")
    )
    code: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str]
    handed_in_on: Mapped[date]
    recorded_by: Mapped[Document]
    recorded_at: Mapped[datetime]
