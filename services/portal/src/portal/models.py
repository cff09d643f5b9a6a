"""Tables of the portal: sessions of people, sign-ins on their way, and what they typed that stands in no address."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.data.columns import TYPES
from chassis.data.db import new_metadata
from chassis.data.sealed import Sealed


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


class WebSession(Base):
    """A person's session. `session_id` is the SHA-256 of the cookie, so that the table opens no session.

    `content` has the access token with its DPoP key, and what the token says of the person.
    """

    __tablename__ = "web_session"

    session_id: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str]
    subject: Mapped[str]
    content: Mapped[Any] = mapped_column(Sealed("web_session.content"))
    signed_in_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)


class PendingSignIn(Base):
    """A sign-in on its way. `state_hash` and `browser_hash` are SHA-256 of what only the issuer and the browser bring
    back; `content` has the verifier, the DPoP key and where the person wanted to go."""

    __tablename__ = "pending_sign_in"

    state_hash: Mapped[str] = mapped_column(primary_key=True)
    browser_hash: Mapped[str]
    area: Mapped[str]
    content: Mapped[Any] = mapped_column(Sealed("pending_sign_in.content"))
    started_at: Mapped[datetime] = mapped_column(index=True)


class SavedForm(Base):
    """What a person typed and what stands in no address: a search with a person's number, or a form that waits for a
    new token. The page's address has the id only."""

    __tablename__ = "saved_form"

    form_id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(
        ForeignKey("web_session.session_id", ondelete="CASCADE"), index=True
    )
    content: Mapped[Any] = mapped_column(Sealed("saved_form.content"))
    saved_at: Mapped[datetime]
