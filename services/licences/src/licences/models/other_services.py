"""Building permits and health certificates, as other services' events told last."""

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chassis.data.columns import Key
from licences.models.base import Base


class KnownPermit(Base):
    """A building permit. `number_key`: `saudi.text.number_key` of its number. `successor`: the permit that replaced
    it."""

    __tablename__ = "known_permit"
    __table_args__ = (
        Index(None, "number_key"),
        Index(None, "successor", postgresql_where=text("successor IS NOT NULL")),
    )

    permit_id: Mapped[Key]
    version: Mapped[int]
    permit_number: Mapped[str]
    number_key: Mapped[str]
    municipality: Mapped[str]
    status: Mapped[str]
    use_class: Mapped[str]
    completed: Mapped[bool]
    expires_on: Mapped[date]
    successor: Mapped[str | None]
    changed_at: Mapped[datetime]


class KnownHealthCertificate(Base):
    """A worker's health certificate that names a licence or an application.

    `worker`: the keyed hash by which the distinct workers of an establishment are counted; None for a professional's
    own certificate, and once the personal data were emptied. `changed_at`: when health-certs changed it.
    """

    __tablename__ = "known_health_certificate"
    __table_args__ = (
        Index(None, "certificate_no"),
        Index(None, "licence_no", postgresql_where=text("licence_no IS NOT NULL")),
        Index(None, "application_no", postgresql_where=text("application_no IS NOT NULL")),
    )

    certificate_id: Mapped[Key]
    version: Mapped[int]
    certificate_no: Mapped[str]
    status: Mapped[str]
    replaced_by: Mapped[str | None]
    establishment: Mapped[str | None]
    licence_no: Mapped[str | None]
    application_no: Mapped[str | None]
    worker: Mapped[str | None]
    valid_until: Mapped[date]
    changed_at: Mapped[datetime]
