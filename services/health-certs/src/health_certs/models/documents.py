"""Signed documents of certificates, the keys that signed them, and how the state of a document follows from its
certificate."""

from datetime import date

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.columns import Id
from documents.issuing.register import Register
from documents.issuing.tables import KeptDocument, KeptKey
from documents.revocations import State
from health_certs.domain.certificates import Status
from health_certs.domain.documents import CANCELLED, REPLACED, state_of
from health_certs.models.base import Base
from health_certs.models.certificates import Certificate


class SignedDocument(KeptDocument, Base):
    """A signed document. Every certificate has a last day, and so has every document."""

    __table_args__ = (Index(None, "certificate_id", "made_at"), Index(None, "expires_on"))

    certificate_id: Mapped[Id] = mapped_column(
        ForeignKey("certificate.certificate_id", name="fk_signed_document_certificate_id")
    )
    expires_on: Mapped[date] = mapped_column()


class DocumentKey(KeptKey, Base):
    """A key that signed documents of certificates."""


REGISTER = Register(
    documents=SignedDocument,
    keys=DocumentKey,
    of=SignedDocument.certificate_id,
    thing=Certificate.certificate_id,
    facts=(Certificate.status,),
    state_of=state_of,
    not_valid=Certificate.status != Status.VALID.value,
    off_line={CANCELLED: State.CANCELLED, REPLACED: State.REPLACED},
)
