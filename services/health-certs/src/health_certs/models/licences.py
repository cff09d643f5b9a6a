"""Licences and applications, as licences published them last."""

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chassis.data.columns import Key
from health_certs.models.base import Base


class KnownLicence(Base):
    """A licence. `establishment`: the unified number, None for a professional in his own name. `replaced_by`: the
    licence that replaced it when the shop moved."""

    __tablename__ = "known_licence"
    __table_args__ = (
        Index(None, "licence_no"),
        Index(None, "establishment", postgresql_where=text("establishment IS NOT NULL")),
    )

    licence_id: Mapped[Key]
    version: Mapped[int]
    licence_no: Mapped[str]
    municipality: Mapped[str]
    status: Mapped[str]
    establishment: Mapped[str | None]
    trade_name: Mapped[str | None]
    expires_on: Mapped[date]
    replaced_by: Mapped[str | None]
    changed_at: Mapped[datetime]


class KnownApplication(Base):
    """An application for a licence. `licence_no`: the licence that was issued for it."""

    __tablename__ = "known_application"
    __table_args__ = (Index(None, "application_no"),)

    application_id: Mapped[Key]
    version: Mapped[int]
    application_no: Mapped[str]
    municipality: Mapped[str]
    status: Mapped[str]
    establishment: Mapped[str | None]
    licence_no: Mapped[str | None]
    changed_at: Mapped[datetime]
