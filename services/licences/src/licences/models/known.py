"""What is known of other services' things, from their events."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from licences.models.base import Base, Key


class KnownPermit(Base):
    """A building permit, as permits told last. `number_key` is `saudi.text.number_key` of its number."""

    __tablename__ = "known_permit"
    __table_args__ = (Index(None, "number_key"),)

    permit_id: Mapped[Key]
    version: Mapped[int]
    permit_number: Mapped[str]
    number_key: Mapped[str]
    municipality: Mapped[str]
    status: Mapped[str]
    use_class: Mapped[str]
    completed: Mapped[bool]
    expires_on: Mapped[date]
    changed_at: Mapped[datetime]
