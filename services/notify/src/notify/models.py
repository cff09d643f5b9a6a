"""Tables of the service.

Numbers and texts are sealed; `recipient_key` and `mobile_key` are the keyed hashes by which a number is found. A text
with a link is kept twice: `text_public`, as officers see it, and `text_secret`, as the telephone gets it, which is gone
with the message's end.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates

from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import TYPES, Document, Id, Key
from chassis.data.db import new_metadata
from chassis.data.sealed import BlindKey, Sealed
from notify.domain import languages


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        **TYPES,
        list[str]: ARRAY(Text()),
        list[datetime]: ARRAY(DateTime(timezone=True)),
    }


class Template(Aggregate, Base):
    """A named text. `current` is the version that new messages take. `api_service_id`: the system that owns the
    template; None for the municipality's own templates."""

    __tablename__ = "template"
    __table_args__ = (
        Index(
            "uq_template_name",
            "api_service_id",
            "name",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )
    aggregate_type = "template"

    template_id: Mapped[Key]
    name: Mapped[str]
    title_ar: Mapped[str]
    title_en: Mapped[str]
    api_service_id: Mapped[Id | None]
    kind: Mapped[str]
    when_unsure: Mapped[str]
    expires_seconds: Mapped[int]
    current: Mapped[int]
    archived: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TemplateVersion(Base):
    """A wording of a template, which never changes: a message names its wording. `parameters` are the
    placeholders of each language; `further` the texts in languages beside Arabic and English. `approved_by`: the second
    person; None for a wording that came with the system or belongs to another system."""

    __tablename__ = "template_version"

    template_id: Mapped[Key] = mapped_column(ForeignKey("template.template_id"))
    number: Mapped[int] = mapped_column(primary_key=True)
    body_ar: Mapped[str]
    body_en: Mapped[str]
    further: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    parameters: Mapped[list[str]]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    approved_by: Mapped[str | None]

    def texts(self) -> dict[str, str]:
        """Returns the text of each language."""
        return {"ar": self.body_ar, "en": self.body_en, **self.further}

    def spoken(self, language: str) -> str:
        """Returns the language of the text for a reader of this language."""
        return languages.spoken(language, self.texts())

    def body(self, language: str) -> str:
        """Returns the text for a reader of this language."""
        return self.texts()[self.spoken(language)]


class TemplateDraft(Base):
    """The wording that somebody proposed for a template, until another person approves or drops it. `based_on`: the
    version that was current then. `is_shipped`: the draft goes back to the text that came with the system."""

    __tablename__ = "template_draft"

    template_id: Mapped[Key] = mapped_column(ForeignKey("template.template_id"))
    draft_id: Mapped[Id]
    body_ar: Mapped[str]
    body_en: Mapped[str]
    further: Mapped[dict[str, str]] = mapped_column(JSONB)
    kind: Mapped[str]
    when_unsure: Mapped[str]
    expires_seconds: Mapped[int]
    based_on: Mapped[int]
    is_shipped: Mapped[bool]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]

    def texts(self) -> dict[str, str]:
        """Returns the text of each language."""
        return {"ar": self.body_ar, "en": self.body_en, **self.further}


class Message(Aggregate, Base):
    """A text for one person. `message_id` is the reference that every provider gets, at every attempt.

    `source`: the cause; source, template and recipient identify a message. `event_at`: when the cause happened.
    `about_*`: the aggregate, with the number that people know. `due_at`: when the sender returns to the message, or the
    end of a running attempt's lease; None when nothing is left to do. `rounds`: rounds in which no provider took the
    message. `provider`: of the last attempt. `pinned`: an attempt's outcome was unknown, so no other provider gets the
    message.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "uq_message_source_template_recipient",
            "source",
            "template_id",
            "recipient_key",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("emptied_at IS NULL"),
        ),
        Index(None, "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(None, "created_at", "message_id"),
        Index(None, "state", "created_at", "message_id"),
        Index(None, "about_number", "created_at", "message_id"),
        Index(
            None,
            "api_service_id",
            "created_at",
            "message_id",
            postgresql_where=text("api_service_id IS NOT NULL"),
        ),
        Index(
            "ix_message_api_reference",
            "api_service_id",
            "api_reference",
            "created_at",
            "message_id",
            postgresql_where=text("api_reference IS NOT NULL"),
        ),
        Index(None, "recipient_key", "created_at"),
        Index(None, "kind", "ended_at", postgresql_where=text("emptied_at IS NULL")),
        Index(None, "expires_at", postgresql_where=text("state = 'held'")),
    )
    aggregate_type = "message"

    message_id: Mapped[Key]
    origin: Mapped[str]
    source: Mapped[str]
    template_id: Mapped[Id] = mapped_column(ForeignKey("template.template_id"))
    template: Mapped[str]
    template_version: Mapped[int]
    kind: Mapped[str]
    when_unsure: Mapped[str]
    language: Mapped[str]
    role: Mapped[str]
    about_type: Mapped[str | None]
    about_id: Mapped[str | None]
    about_number: Mapped[str | None]
    municipality: Mapped[str | None]
    recipient: Mapped[str | None] = mapped_column(Sealed("message.recipient"))
    recipient_key: Mapped[str | None] = mapped_column(BlindKey(of="recipient"))
    text_public: Mapped[str | None] = mapped_column(Sealed("message.text_public"))
    text_secret: Mapped[str | None] = mapped_column(Sealed("message.text_secret"))
    parts: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str | None]
    provider: Mapped[str | None]
    pinned: Mapped[bool] = mapped_column(server_default=text("false"))
    possible_duplicate: Mapped[bool] = mapped_column(server_default=text("false"))
    rounds: Mapped[int] = mapped_column(server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    event_at: Mapped[datetime]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]
    api_service_id: Mapped[Id | None]
    api_key_id: Mapped[Id | None]
    api_reference: Mapped[str | None]

    @validates("recipient")
    def _index(self, _name: str, recipient: str | None) -> str | None:
        self.recipient_key = recipient
        return recipient

    def facts(self) -> Document:
        """Returns the fields for the system that sent the message."""
        names = (
            *("message_id", "api_reference", "recipient", "state", "reason"),
            *("created_at", "accepted_at", "ended_at"),
        )
        return {"text": self.text_public, **{name: getattr(self, name) for name in names}}

    def record(self) -> Document:
        """Returns the public fields, without number and text."""
        names = (
            *("message_id", "template", "template_version", "kind", "language", "role", "origin"),
            *("about_type", "about_id", "about_number", "municipality", "state", "reason"),
            *("provider", "parts", "possible_duplicate"),
        )
        moments = ("created_at", "accepted_at", "ended_at", "emptied_at")
        return {
            **{name: getattr(self, name) for name in names},
            **{name: rfc3339(at) if (at := getattr(self, name)) else None for name in moments},
        }


class Attempt(Base):
    """A call of a provider. The row is committed before the call. `outcome`: None while the call runs, and for good
    after a kill of the process. `round`: the message's `rounds` at the time."""

    __tablename__ = "attempt"

    message_id: Mapped[Key] = mapped_column(ForeignKey("message.message_id"))
    number: Mapped[int] = mapped_column(primary_key=True)
    round: Mapped[int]
    provider: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    detail: Mapped[str | None]
    provider_reference: Mapped[str | None]


class Receipt(Base):
    """A provider's report about a message. `provider_reference`: the provider's id of an attempt, which tells attempts
    apart. A receipt without `message_id` names an unknown reference, and is kept for a while for an inquiry."""

    __tablename__ = "receipt"
    __table_args__ = (
        Index(
            "uq_receipt_provider_reference_status",
            "provider",
            "reference",
            "status",
            "provider_reference",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index(None, "message_id"),
        Index(None, "received_at"),
    )

    receipt_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider: Mapped[str]
    reference: Mapped[str]
    status: Mapped[str]
    provider_reference: Mapped[str | None]
    message_id: Mapped[Id | None]
    said_at: Mapped[datetime | None]
    received_at: Mapped[datetime]


class ProviderState(Base):
    """A provider's circuit breaker, shared by all processes. `failures`: the newest failures; `opened_at`: since when
    the provider gets no messages; `probe_at`: the next probe, which the probing process moves ahead."""

    __tablename__ = "provider_state"

    provider: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[list[datetime]]
    opened_at: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    half_open: Mapped[bool]


class Ending(Base):
    """The last valid day of a thing, by its newest event, until the last reminder has gone out. `texts`: the values of
    the placeholders in Arabic and English; `contacts`: role, language and mobile of each person. `gathered_by`: the
    value that the things of one list share."""

    __tablename__ = "ending"
    __table_args__ = (
        Index(
            None,
            *("about_type", "gathered_by", "ends_on"),
            postgresql_where=text("gathered_by IS NOT NULL"),
        ),
    )

    about_type: Mapped[str] = mapped_column(primary_key=True)
    about_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    ends_on: Mapped[date]
    about_number: Mapped[str | None]
    municipality: Mapped[str | None]
    gathered_by: Mapped[str | None]
    texts: Mapped[Document]
    contacts: Mapped[list[dict[str, str]]] = mapped_column(Sealed("ending.contacts"))


class ConfirmedMobile(Base):
    """A mobile that its owner has confirmed. `by`: `code` or `operator`."""

    __tablename__ = "confirmed_mobile"

    mobile_key: Mapped[str] = mapped_column(BlindKey(of="mobile"), primary_key=True)
    mobile: Mapped[str] = mapped_column(Sealed("confirmed_mobile.mobile"))
    confirmed_at: Mapped[datetime]
    by: Mapped[str]


class ChosenLanguage(Base):
    """The language that the holder of a mobile chose for texts. The national login has proved the mobile."""

    __tablename__ = "chosen_language"

    mobile_key: Mapped[str] = mapped_column(BlindKey(of="mobile"), primary_key=True)
    mobile: Mapped[str] = mapped_column(Sealed("chosen_language.mobile"))
    language: Mapped[str]
    chosen_at: Mapped[datetime]


class DailyCount(Base):
    """The number of texts of a day: to a mobile (`key`: its keyed hash), or in all. `things`: the aggregates of the day
    about which an unconfirmed mobile gets texts. `first`: for consumers of the release before, which may still run; the
    next release drops it."""

    __tablename__ = "daily_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    first: Mapped[str | None]
    things: Mapped[list[str]] = mapped_column(server_default=text("'{}'::text[]"))


class ApiService(Aggregate, Base):
    """A system of the municipality that sends via notify. Its receipts are posted to `callback_url`, with the bearer
    `callback_token`, signed by `callback_secret`."""

    __tablename__ = "api_service"
    __table_args__ = (Index("uq_api_service_name", "name", unique=True),)
    aggregate_type = "api_service"

    api_service_id: Mapped[Key]
    name: Mapped[str]
    rate_per_minute: Mapped[int]
    messages_per_day: Mapped[int]
    callback_url: Mapped[str | None]
    callback_token: Mapped[str | None] = mapped_column(Sealed("api_service.callback_token"))
    callback_secret: Mapped[str | None] = mapped_column(Sealed("api_service.callback_secret"))
    created_at: Mapped[datetime]


class ApiKey(Base):
    """A key of a system. The secret is shown once, and is kept sealed because the secret verifies each request."""

    __tablename__ = "api_key"
    __table_args__ = (Index(None, "api_service_id"),)

    key_id: Mapped[Key]
    api_service_id: Mapped[Id] = mapped_column(ForeignKey("api_service.api_service_id"))
    name: Mapped[str]
    kind: Mapped[str]
    secret: Mapped[str] = mapped_column(Sealed("api_key.secret"))
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Callback(Base):
    """A receipt for a system. `due_at`: the next attempt, or the end of a running attempt's lease; None for an ended
    receipt, which has no `body` either. `status`: of the last answer."""

    __tablename__ = "callback"
    __table_args__ = (
        Index(None, "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(None, "api_service_id", "created_at"),
        Index(None, "ended_at"),
    )

    callback_id: Mapped[Key]
    api_service_id: Mapped[Id] = mapped_column(ForeignKey("api_service.api_service_id"))
    message_id: Mapped[Id] = mapped_column(ForeignKey("message.message_id"))
    state: Mapped[str]
    body: Mapped[Document | None] = mapped_column(Sealed("callback.body"))
    attempts: Mapped[int]
    status: Mapped[int | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
