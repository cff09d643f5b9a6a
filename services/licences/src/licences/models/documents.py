"""Signed documents of licences, and the keys that signed them.

A document is kept as what was printed (`content`) and its code; the PDF follows from both. Its state today is the
licence's, unless a newer document took its place or its key was stolen.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.sealed import Sealed
from licences.models.base import Base, Id, Key


class SignedDocument(Base):
    """`document_id` is random, for it stands in a code that anybody photographs. `fingerprint`: of the content, by
    which an unchanged licence gets the same document again."""

    __tablename__ = "signed_document"
    __table_args__ = (Index(None, "licence_id", "made_at"), Index(None, "expires_on"))

    document_id: Mapped[Key]
    licence_id: Mapped[Id]
    kind: Mapped[str]
    number: Mapped[str]
    state: Mapped[str]
    issued_on: Mapped[date]
    expires_on: Mapped[date]
    key_id: Mapped[str]
    fingerprint: Mapped[str]
    content: Mapped[Any] = mapped_column(Sealed("signed_document.content"), nullable=True)
    code: Mapped[Any] = mapped_column(Sealed("signed_document.code"), nullable=True)
    initials: Mapped[Any] = mapped_column(Sealed("signed_document.initials"), nullable=True)
    made_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class DocumentKey(Base):
    """A public key that signed documents. It stays, because they go on being valid; `revoked_at`: since when it's known
    that somebody else may have the private one."""

    __tablename__ = "document_key"
    __table_args__ = (UniqueConstraint("public"),)

    key_id: Mapped[str] = mapped_column(primary_key=True)
    public: Mapped[bytes]
    first_used_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
    reason: Mapped[str | None]
