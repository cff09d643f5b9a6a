"""Tables of who looked for which person, and of whose data was shown by it: by keyed hashes, no name and no number."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.columns import Key
from permits.models.base import Base


class PersonSearch(Base):
    """A search for a person, a reveal or a disclosure by staff: who, when, for which branch, why, and how much was
    found. `searched_key`: whom a search was for; of a reveal null."""

    __tablename__ = "person_search"
    __table_args__ = (Index(None, "subject", "at"), Index(None, "at", "search_id"))

    search_id: Mapped[Key]
    at: Mapped[datetime]
    subject: Mapped[str]
    name: Mapped[str | None]
    client_id: Mapped[str]
    municipality: Mapped[str | None]
    kind: Mapped[str]
    searched_key: Mapped[str | None]
    reason: Mapped[str]
    found: Mapped[int]
    people: Mapped[list["PersonSought"]] = relationship(cascade="all, delete-orphan")


class PersonSought(Base):
    """An owner whom a search was for, or whose things or numbers it showed, by the keyed hash of the number: what's
    told when the owner asks."""

    __tablename__ = "person_sought"
    __table_args__ = (Index(None, "search_id"),)

    owner_key: Mapped[str] = mapped_column(primary_key=True)
    search_id: Mapped[Key] = mapped_column(ForeignKey("person_search.search_id"))
