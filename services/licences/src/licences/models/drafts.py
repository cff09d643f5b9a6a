"""Drafts of applicants: what they have typed so far, sealed, published to nobody."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.columns import Key
from chassis.data.sealed import Sealed
from licences.models.base import Base


class Draft(Base):
    """`form` is whatever the applicant's page keeps; nothing of it is read. `subject` is whose it is, `establishment`
    for whom it's meant."""

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
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
