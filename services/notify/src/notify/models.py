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


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        **TYPES,
        list[str]: ARRAY(Text()),
        list[datetime]: ARRAY(DateTime(timezone=True)),
    }


class Template(Aggregate, Base):
    """A named text. `current` is the version that new messages take. `api_service_id`: whose it is, when another system
    of the municipality sends it; None for the house's own."""

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
    """One wording of a template, never changed: a message says by which one it was written. `parameters` are the
    placeholders of each language; `further` the texts in languages beside Arabic and English."""

    __tablename__ = "template_version"

    template_id: Mapped[Key] = mapped_column(ForeignKey("template.template_id"))
    number: Mapped[int] = mapped_column(primary_key=True)
    body_ar: Mapped[str]
    body_en: Mapped[str]
    further: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    parameters: Mapped[list[str]]
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    def texts(self) -> dict[str, str]:
        """The text of each language."""
        return {"ar": self.body_ar, "en": self.body_en, **self.further}

    def spoken(self, language: str) -> str:
        """The language that somebody is told in who wants to read this one: English where it has no text."""
        return language if language in self.texts() else "en"

    def body(self, language: str) -> str:
        """The text for somebody who wants to read this language."""
        return self.texts()[self.spoken(language)]


class Message(Aggregate, Base):
    """A text for one person. Its id is the reference that every provider is given, at every attempt.

    `source`: what asked for it: an event's id, or whatever the asker makes unique; together with template and recipient
    it's there once. `event_at`: when that happened. `about_*`: the aggregate and the number that people know it by.
    `due_at`: when the engine looks at it next, None when there's nothing to do; while an attempt runs it's the end of
    its lease. `rounds`: tries that ended with nobody taking it. `provider`: of the last attempt. `pinned`: an attempt's
    outcome stayed unknown, so no other provider gets the message.
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
        """What the system that asked for the message may know of it."""
        names = (
            *("message_id", "api_reference", "recipient", "state", "reason"),
            *("created_at", "accepted_at", "ended_at"),
        )
        return {"text": self.text_public, **{name: getattr(self, name) for name in names}}

    def record(self) -> Document:
        """What may be said of the message outside: neither number nor text."""
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
    """One call of a provider, committed before it's made. `outcome` is None while it runs, and for good when its
    process was killed. `round`: the message's `rounds` at the time."""

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
    """What a provider said of a message later. `provider_reference`: its own id of what it took, by which several
    attempts are told apart. One without a `message_id` names a reference that isn't known; it's kept a while for
    whoever looks into it."""

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
    """A provider's circuit breaker, shared by all processes. `failures`: the newest ones; `opened_at`: since when it
    gets no messages; `probe_at`: when it's tried next, and one process moves it ahead as it begins to try."""

    __tablename__ = "provider_state"

    provider: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[list[datetime]]
    opened_at: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    half_open: Mapped[bool]


class Ending(Base):
    """Something that ends, as its newest event says, until the last reminder has gone out. `texts`: the values of the
    placeholders in Arabic and English; `contacts`: role, language and mobile of each person. `gathered_by`: what those
    things have in common of which somebody is reminded by one list."""

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
    """A number whose owner has shown that it's theirs. `by`: `code` or `operator`."""

    __tablename__ = "confirmed_mobile"

    mobile_key: Mapped[str] = mapped_column(BlindKey(of="mobile"), primary_key=True)
    mobile: Mapped[str] = mapped_column(Sealed("confirmed_mobile.mobile"))
    confirmed_at: Mapped[datetime]
    by: Mapped[str]


class DailyCount(Base):
    """How many texts of a day went to a mobile (`key`: its keyed hash), or were sent in all.
    `first`: the aggregate that came first that day, for a mobile that isn't confirmed."""

    __tablename__ = "daily_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    first: Mapped[str | None]


class ApiService(Aggregate, Base):
    """Another system of the municipality that sends by us. Its own receipts are posted to `callback_url`, with
    `callback_token` as their bearer and signed by `callback_secret`."""

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
    """A key of such a system. Its secret is shown once, and kept sealed because it verifies each request."""

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
    """A receipt that a system is owed, until it took it. `due_at`: the next attempt, or the end of the lease of one
    that runs; None at its end, when `body` is emptied too. `status`: of the last answer."""

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


class Code(Base):
    """A one-time code of a caller, for a purpose and a mobile. `digits_key`: the keyed hash of its digits; `tries`:
    the wrong ones."""

    __tablename__ = "code"
    __table_args__ = (
        Index(None, "mobile_key", "client_id", "purpose", "created_at"),
        Index(None, "expires_at"),
    )

    code_id: Mapped[Key]
    client_id: Mapped[str]
    purpose: Mapped[str]
    mobile: Mapped[str] = mapped_column(Sealed("code.mobile"))
    mobile_key: Mapped[str] = mapped_column(BlindKey(of="mobile"))
    digits_key: Mapped[str]
    tries: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
