"""Tables. Times are UTC; secrets are kept as hashes or encrypted, never as they are."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from chassis.db import new_metadata


class Base(DeclarativeBase):
    """Every table of identity."""

    metadata = new_metadata()
    type_annotation_map = {
        str: Text,
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text),
        bytes: LargeBinary,
        dict[str, Any]: JSONB,
    }

    def record(self) -> dict[str, Any]:
        """The row's columns by name."""
        return {column.name: getattr(self, column.name) for column in self.__table__.columns}


class Changed:
    """Who changed an aggregate last, and when. `changed_by` is a staff id, or `provision` for the command line."""

    version: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]


class Organisation(Changed, Base):
    """The municipality, one affiliated to it, or a partner."""

    __tablename__ = "organisation"

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name_ar: Mapped[str]
    name_en: Mapped[str]
    municipality: Mapped[str | None]
    status: Mapped[str]


class Person(Changed, Base):
    """A named employee. `person_id` is opaque and becomes the token's `sub`."""

    __tablename__ = "person"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"), index=True)
    role: Mapped[str]
    scopes: Mapped[list[str]]
    password_hash: Mapped[str]
    status: Mapped[str]
    last_sign_in_at: Mapped[datetime | None]

    of: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class Client(Changed, Base):
    """An application. It authenticates with a key of `jwks` (public keys by value) and nothing else.

    `dpop_bound`: it gets no token that isn't bound to a key of its own.
    """

    __tablename__ = "client"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    name_ar: Mapped[str]
    name_en: Mapped[str]
    jwks: Mapped[dict[str, Any]]
    redirect_uris: Mapped[list[str]]
    scopes: Mapped[list[str]]
    introspects: Mapped[list[str]]
    dpop_bound: Mapped[bool]
    status: Mapped[str]

    of: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class Grant(Changed, Base):
    """What an organisation may ask of a service."""

    __tablename__ = "access_grant"
    __table_args__ = (
        Index(
            "uq_access_grant_active",
            "organisation",
            "audience",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
    )

    grant_id: Mapped[str] = mapped_column(primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    audience: Mapped[str]
    purposes: Mapped[list[str]]
    query_kinds: Mapped[list[str]]
    widest_span_days: Mapped[int | None]
    fields: Mapped[list[str]]
    rows_per_day: Mapped[int]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    status: Mapped[str]
    withdrawal_reason: Mapped[str | None]


class SigningKey(Base):
    """A key that signs access tokens. `private_key` is sealed: a nonce of 12 bytes, then AES-256-GCM."""

    __tablename__ = "signing_key"
    __table_args__ = (
        Index(
            "uq_signing_key_status",
            "status",
            unique=True,
            postgresql_where=text("status <> 'retired'"),
        ),
    )

    kid: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    public_jwk: Mapped[dict[str, Any]]
    private_key: Mapped[bytes]
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    published_until: Mapped[datetime | None]


class SignInSession(Base):
    """A person signed in at a browser. The cookie's value is kept as its hash; `sid` is what tokens carry."""

    __tablename__ = "sign_in_session"
    __table_args__ = (
        Index(
            "ix_sign_in_session_person_id", "person_id", postgresql_where=text("ended_at IS NULL")
        ),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    cookie_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    # client id → the scopes that the person has seen named on the page in this session
    confirmed: Mapped[dict[str, Any]]


class AuthorizationCode(Base):
    """A code on its way from the browser to the client. Kept as its hash; good for a minute, once."""

    __tablename__ = "authorization_code"

    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    sid: Mapped[str]
    redirect_uri: Mapped[str]
    scope: Mapped[str]
    audience: Mapped[str]
    code_challenge: Mapped[str]
    dpop_jkt: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    redeemed_at: Mapped[datetime | None]


class PushedRequest(Base):
    """An authorization request on its way from the client to the browser. Its `request_uri` is kept as a hash.

    `browser_hash`: the cookie of the browser that opened it; no other one may go on with it.
    """

    __tablename__ = "pushed_request"

    request_hash: Mapped[bytes] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    parameters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    browser_hash: Mapped[bytes | None]
    answered_at: Mapped[datetime | None]


class UsedAssertion(Base):
    """The `jti` of a client assertion that was accepted, kept until the assertion has expired by itself."""

    __tablename__ = "used_assertion"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    jti_hash: Mapped[bytes] = mapped_column(primary_key=True)
    forget_after: Mapped[datetime] = mapped_column(index=True)


class FailedSignIn(Base):
    """A sign-in that failed: the username only as its keyed hash, since people type passwords and ID numbers there."""

    __tablename__ = "failed_sign_in"
    __table_args__ = (Index("ix_failed_sign_in_source_failed_at", "source", "failed_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    username_hash: Mapped[bytes]
    source: Mapped[str]
    failed_at: Mapped[datetime] = mapped_column(index=True)


class Revocation(Base):
    """Tokens that are void before their time, and why. What every service follows is the event of it."""

    __tablename__ = "revocation"
    __table_args__ = (Index("ix_revocation_kind_value", "kind", "value"),)

    revocation_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    value: Mapped[str]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    reason: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
