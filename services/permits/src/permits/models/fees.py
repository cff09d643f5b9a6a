"""Other amounts than the table's, of a request. One stands at most: proposed, or agreed to."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.columns import Document, Id, Key
from permits.models.permits import Base


class AmountProposal(Base):
    """By two people, each with subject and name as they were."""

    __tablename__ = "amount_proposal"
    __table_args__ = (
        Index(
            "uq_amount_proposal_request_id_standing",
            "request_id",
            unique=True,
            postgresql_where=text("status IN ('proposed', 'agreed')"),
        ),
    )

    proposal_id: Mapped[Key]
    request_id: Mapped[Id] = mapped_column(
        ForeignKey("permit_request.request_id", name="fk_amount_proposal_request_id")
    )
    amount_halalas: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]
    status: Mapped[str]
    proposed_by: Mapped[Document]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[Document | None]
    decided_at: Mapped[datetime | None]
