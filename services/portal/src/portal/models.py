"""Tables of the portal: sessions of people, sign-ins on their way, what they typed that stands in no address, drafts of
reports, and the things that people ask about."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.data.columns import TYPES, Document
from chassis.data.db import new_metadata
from chassis.data.sealed import Sealed
from portal.domain.inquiry_things import Step, ThingRecord


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        **TYPES,
        list[str]: ARRAY(Text),
        list[Any]: JSONB,
    }


class WebSession(Base):
    """A person's session. `session_id` is the SHA-256 of the cookie, so that the table opens no session.

    `content` has the token of the sign-in, the newest token of each service with what the token says of the person, and
    the DPoP key of all of them.
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
    new token. The page's address has the id only. `purpose`: the search, or the path of the page that fills the form in
    again; for another purpose the form counts as not found."""

    __tablename__ = "saved_form"

    form_id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(
        ForeignKey("web_session.session_id", ondelete="CASCADE"), index=True
    )
    purpose: Mapped[str]
    content: Mapped[Any] = mapped_column(Sealed("saved_form.content"))
    saved_at: Mapped[datetime]


class ReportDraftRow(Base):
    """The draft of a report. `browser_hash` is the SHA-256 of the cookie of public forms, so that the table opens no
    draft; `content` has what the person typed, and the keys of the photos."""

    __tablename__ = "report_draft"

    browser_hash: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[Any] = mapped_column(Sealed("report_draft.content"))
    saved_at: Mapped[datetime] = mapped_column(index=True)


class PublicFormRow(Base):
    """What somebody without an account typed into a form of several steps. `form_hash` is the SHA-256 of the cookie of
    public forms with the form's name, so that the table opens no form; `content` has what was typed, and the keys that
    a service gave."""

    __tablename__ = "public_form"

    form_hash: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[Any] = mapped_column(Sealed("public_form.content"))
    saved_at: Mapped[datetime] = mapped_column(index=True)


class InquiryThing(Base):
    """A thing that people ask about by its number, as its newest event tells it. `thing_id` is the event's subject.

    `match_keys` are the keyed hashes of the block `inquiry`: bound to kind, number and second fact, so the table has no
    mobile and no identity number. `number_digits` is there for a public register only. A thing about which nobody may
    ask has neither keys nor `kind`; its `state` has only what the public figures count. `steps`: version, status and
    day of each version that came. `read_at`: when the newest event was read, for a rebuild.
    """

    __tablename__ = "inquiry_thing"
    __table_args__ = (
        Index("ix_inquiry_thing_match_keys", "match_keys", postgresql_using="gin"),
        Index("ix_inquiry_thing_number", "number_digits", "kind"),
    )

    thing_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str | None]
    municipality: Mapped[str | None]
    number_digits: Mapped[str | None]
    match_keys: Mapped[list[str]]
    state: Mapped[Document | None]
    steps: Mapped[list[Any]]
    changed_at: Mapped[datetime]
    read_at: Mapped[datetime]


def record_of(row: Any) -> ThingRecord:
    """Returns a row of `InquiryThing` as the rules know it."""
    return ThingRecord(
        thing_id=row.thing_id,
        version=row.version,
        kind=row.kind,
        municipality=row.municipality,
        number_digits=row.number_digits,
        match_keys=tuple(row.match_keys),
        state=row.state,
        steps=tuple(Step(one[0], one[1], date.fromisoformat(one[2])) for one in row.steps),
        changed_at=row.changed_at,
        read_at=row.read_at,
    )
