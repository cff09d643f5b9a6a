"""Tables of signed documents, and of files of older permits, papers and appeals."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, or_
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.columns import Document, Id
from documents.issuing.register import Register
from documents.issuing.tables import KeptDocument, KeptKey
from documents.revocations import State
from permits.domain import permits
from permits.domain.certificates import Status
from permits.domain.documents import CANCELLED, FLAGGED, STANDS, state_of
from permits.models.base import Base
from permits.models.certificates import Certificate
from permits.models.permits import Permit


class SignedDocument(KeptDocument, Base):
    """The signed document of a certificate. `expires_on` is missing if the certificate doesn't end."""

    __table_args__ = (Index(None, "certificate_id", "made_at"), Index(None, "expires_on"))

    certificate_id: Mapped[Id] = mapped_column(ForeignKey("certificate.certificate_id"))


class PermitDocument(KeptDocument, Base):
    """The signed document of a permit."""

    __tablename__ = "permit_document"
    __table_args__ = (Index(None, "permit_id", "made_at"), Index(None, "expires_on"))

    permit_id: Mapped[Id] = mapped_column(ForeignKey("permit.permit_id"))


class DocumentKey(KeptKey, Base):
    """A key that signed documents, of certificates or of permits."""


REGISTER = Register(
    documents=SignedDocument,
    keys=DocumentKey,
    of=SignedDocument.certificate_id,
    thing=Certificate.certificate_id,
    facts=(Certificate.status, Certificate.flagged),
    state_of=state_of,
    not_valid=or_(Certificate.status != Status.ISSUED.value, Certificate.flagged),
    off_line={CANCELLED: State.CANCELLED, FLAGGED: State.SUSPENDED},
)
_PERMIT_OFF_LINE = {
    permits.Status.SUSPENDED.value: State.SUSPENDED,
    permits.Status.CANCELLED.value: State.CANCELLED,
    permits.Status.RENEWED.value: State.REPLACED,
    permits.Status.SUPERSEDED.value: State.REPLACED,
}
PERMITS = Register(
    documents=PermitDocument,
    keys=DocumentKey,
    of=PermitDocument.permit_id,
    thing=Permit.permit_id,
    facts=(Permit.status,),
    state_of=str,
    not_valid=Permit.status.in_(_PERMIT_OFF_LINE),
    off_line=_PERMIT_OFF_LINE,
    stands=STANDS,
)


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
