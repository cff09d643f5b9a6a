"""Signed documents of licences, the keys that signed them, and how a licence says what its document is today."""

from datetime import date

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.columns import Id
from documents.issuing.register import Register
from documents.issuing.tables import KeptDocument, KeptKey
from documents.revocations import State
from licences.models.applications import Licence
from licences.models.base import Base


class SignedDocument(KeptDocument, Base):
    """A signed document of a licence, which always ends."""

    __table_args__ = (Index(None, "licence_id", "made_at"), Index(None, "expires_on"))

    licence_id: Mapped[Id]
    expires_on: Mapped[date] = mapped_column()


class DocumentKey(KeptKey, Base):
    """A key that signed documents of licences."""


# The state of a document whose licence isn't valid. A closed place may open again.
_LISTED = {
    "cancelled": State.CANCELLED,
    "suspended": State.SUSPENDED,
    "closed": State.SUSPENDED,
}
REGISTER = Register(
    documents=SignedDocument,
    keys=DocumentKey,
    of=SignedDocument.licence_id,
    thing=Licence.licence_id,
    facts=(Licence.status,),
    state_of=str,
    not_valid=Licence.status.in_(_LISTED),
    off_line=_LISTED,
)
