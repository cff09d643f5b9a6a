"""The columns of documents and of their keys. A service's own tables extend them, and say which thing it is of.

A document is kept as what was printed (`content`) and its code; the PDF follows from both. Its state today is its
thing's, unless a newer document took its place or its key was stolen.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import UUID, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.sealed import Sealed


class KeptDocument:
    """`document_id` is random, for it stands in a code that anybody photographs. `fingerprint`: of the content, by
    which an unchanged thing gets the same document again. `place`: the office, where each counts its own numbers."""

    __tablename__ = "signed_document"

    document_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    kind: Mapped[str]
    number: Mapped[str]
    place: Mapped[str | None]
    state: Mapped[str]
    issued_on: Mapped[date]
    expires_on: Mapped[date | None]
    key_id: Mapped[str]
    fingerprint: Mapped[str]
    content: Mapped[Any] = mapped_column(Sealed("signed_document.content"), nullable=True)
    code: Mapped[Any] = mapped_column(Sealed("signed_document.code"), nullable=True)
    initials: Mapped[Any] = mapped_column(Sealed("signed_document.initials"), nullable=True)
    made_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class KeptKey:
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
