"""Signed documents of certificates, the keys that signed them, and how a certificate says what its document is."""

from sqlalchemy import ForeignKey, Index, or_
from sqlalchemy.orm import Mapped, mapped_column

from documents.issuing.register import Register
from documents.issuing.tables import KeptDocument, KeptKey
from documents.revocations import State
from permits.domain.certificates import Status
from permits.domain.documents import CANCELLED, FLAGGED, state_of
from permits.models.certificates import Certificate
from permits.models.permits import Base, Id


class SignedDocument(KeptDocument, Base):
    """Of a certificate; `expires_on` is missing for one that doesn't end."""

    __table_args__ = (Index(None, "certificate_id", "made_at"), Index(None, "expires_on"))

    certificate_id: Mapped[Id] = mapped_column(ForeignKey("certificate.certificate_id"))


class DocumentKey(KeptKey, Base):
    """A key that signed documents of certificates."""


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
