"""Tables. Times are UTC; secrets are kept as hashes or encrypted, never as they are.

The register's aggregates are organisations, people, clients, grants, citizens and delegations; the journal says who
changed them, and when.
"""

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

from chassis.data.aggregates import Aggregate
from chassis.data.db import new_metadata
from chassis.data.sealed import BlindKey, Sealed

_ONE_ACTIVE: dict[str, Any] = {"unique": True, "postgresql_where": text("status = 'active'")}
_CURRENT = text("ended_at IS NULL")


class Base(DeclarativeBase):
    """Every table of identity."""

    metadata = new_metadata()
    type_annotation_map = {
        str: Text,
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text),
        dict[str, str]: JSONB,
        bytes: LargeBinary,
        dict[str, Any]: JSONB,
    }

    def record(self) -> dict[str, Any]:
        """Returns the row's columns by name."""
        return {column.name: getattr(self, column.name) for column in self.__table__.columns}


class Organisation(Aggregate, Base):
    """An organisation: the municipality, an affiliated municipality, a partner, or a medical centre."""

    __tablename__ = "organisation"
    aggregate_type = "organisation"

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name_ar: Mapped[str]
    name_en: Mapped[str]
    municipality: Mapped[str | None]
    second_factor: Mapped[str] = mapped_column(server_default="demanded")
    status: Mapped[str]


class Person(Aggregate, Base):
    """A named employee. `person_id` is opaque and becomes the token's `sub`; `attributes` become claims."""

    __tablename__ = "person"
    aggregate_type = "person"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"), index=True)
    role: Mapped[str]
    scopes: Mapped[list[str]]
    attributes: Mapped[dict[str, str]]
    password_hash: Mapped[str]
    status: Mapped[str]
    last_sign_in_at: Mapped[datetime | None]

    of: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class Client(Aggregate, Base):
    """An application. It authenticates with a key of `jwks` (public keys by value) and nothing else.

    `dpop_bound`: it gets only tokens that are bound to a key of its own. `attributes`: a machine's, that become claims.
    `exchange_audiences`: the services for which it may exchange the token of a sign-in.
    """

    __tablename__ = "client"
    aggregate_type = "client"

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
    exchange_audiences: Mapped[list[str]] = mapped_column(server_default="{}")
    attributes: Mapped[dict[str, str]]
    status: Mapped[str]

    of: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class Grant(Aggregate, Base):
    """A grant: the queries that an organisation may make of a service, and their number."""

    __tablename__ = "access_grant"
    aggregate_type = "grant"
    __table_args__ = (Index("uq_access_grant_active", "organisation", "audience", **_ONE_ACTIVE),)

    grant_id: Mapped[str] = mapped_column(primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.code"))
    audience: Mapped[str]
    purposes: Mapped[list[str]]
    query_kinds: Mapped[list[str]]
    entry_kinds: Mapped[list[str]] = mapped_column(server_default="{}")
    widest_span_days: Mapped[int | None]
    fields: Mapped[list[str]]
    rows_per_day: Mapped[int]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    status: Mapped[str]
    withdrawal_reason: Mapped[str | None]


class Citizen(Aggregate, Base):
    """A person who signs in with the national login, or who was named as a delegate before the first sign-in.

    `citizen_id` is random and becomes the token's `sub`; the identity number is sealed, and found by `number_key`.
    """

    __tablename__ = "citizen"
    aggregate_type = "citizen"

    citizen_id: Mapped[str] = mapped_column(primary_key=True)
    id_number: Mapped[str] = mapped_column(Sealed("identity.citizen.id_number"))
    number_key: Mapped[str] = mapped_column(BlindKey(of="id_number"), unique=True)
    name: Mapped[str | None] = mapped_column(Sealed("identity.citizen.name"))
    mobile: Mapped[str | None] = mapped_column(Sealed("identity.citizen.mobile"))
    status: Mapped[str]
    last_sign_in_at: Mapped[datetime | None]

    @property
    def display_name(self) -> str:
        """Returns the name that the national login gave. Every signed-in citizen has a name."""
        return self.name or ""


class Delegation(Aggregate, Base):
    """A citizen's right to act for an establishment, with its basis and its end. After `valid_until` the delegation is
    over, although its status stays active."""

    __tablename__ = "delegation"
    aggregate_type = "delegation"
    __table_args__ = (
        Index("uq_delegation_active", "citizen_id", "unified_number", **_ONE_ACTIVE),
        Index("ix_delegation_citizen_id", "citizen_id"),
        Index("ix_delegation_unified_number", "unified_number"),
        Index("ix_delegation_made_by", "made_by"),
    )

    delegation_id: Mapped[str] = mapped_column(primary_key=True)
    citizen_id: Mapped[str] = mapped_column(ForeignKey("citizen.citizen_id"))
    unified_number: Mapped[str]
    basis: Mapped[str]
    made_by: Mapped[str]
    proof: Mapped[str | None]
    valid_until: Mapped[datetime]
    status: Mapped[str]

    to: Mapped[Citizen] = relationship(lazy="joined", innerjoin=True)


class NationalSignIn(Base):
    """A browser on its way to the national login and back. `state` is kept as its hash and is valid once, in the
    browser of the pushed request. `reference`: the sealed `request_uri` of the pushed request."""

    __tablename__ = "national_sign_in"

    state_hash: Mapped[bytes] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(
        ForeignKey("pushed_request.request_hash", ondelete="CASCADE"), index=True
    )
    reference: Mapped[bytes]
    language: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


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
    """An employee or a citizen signed in at a browser. The cookie's value is kept as its hash; tokens carry
    `sid`. `evidence`: how the national login recognised a citizen, and its mobile's keyed hash. `amr`: of RFC 8176."""

    __tablename__ = "sign_in_session"
    __table_args__ = (
        Index("ix_sign_in_session_person_id", "person_id", postgresql_where=_CURRENT),
        Index("ix_sign_in_session_citizen_id", "citizen_id", postgresql_where=_CURRENT),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    cookie_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"))
    citizen_id: Mapped[str | None] = mapped_column(ForeignKey("citizen.citizen_id"))
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    amr: Mapped[list[str]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    # client id → the scopes that the page has shown to the person in this session
    confirmed: Mapped[dict[str, Any]]

    @property
    def subject(self) -> str:
        """Returns the id of the session's person or citizen."""
        return self.person_id or self.citizen_id or ""


class Factor(Base):
    """A second factor of a person: the key of one-time codes by time, or a passkey. `last_step`: the last step whose
    code was taken. `credential`: the id and the public key of a passkey. `counter`: the last counter that the passkey
    has shown."""

    __tablename__ = "factor"

    factor_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), index=True)
    kind: Mapped[str]
    secret: Mapped[str | None] = mapped_column(Sealed("identity.factor.secret"))
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str | None]
    credential_id: Mapped[bytes | None] = mapped_column(unique=True)
    credential: Mapped[bytes | None]
    counter: Mapped[int | None] = mapped_column(BigInteger)
    is_synced: Mapped[bool | None]
    enrolled_by: Mapped[str | None]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A recovery code of a person, kept as its hash. It's valid once."""

    __tablename__ = "recovery_code"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class EnrolmentCode(Base):
    """The code with which a person enrols the first factor, kept as its hash. A person has one at a time."""

    __tablename__ = "enrolment_code"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    code_hash: Mapped[bytes]
    made_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    failures: Mapped[int]


class FactorReset(Base):
    """A request to remove all factors of a person, which another administrator has to confirm."""

    __tablename__ = "factor_reset"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    requested_by: Mapped[str]
    reason: Mapped[str]
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SecondStep(Base):
    """A browser between the right password and the session. The row belongs to the cookie that the browser got with the
    right password, and to one pushed request. `may_enrol`: the enrolment code was right. `secret`: the new key until
    its first code. `challenge`: what a passkey has to sign; the first answer takes it."""

    __tablename__ = "second_step"

    browser_hash: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), index=True)
    request_hash: Mapped[bytes]
    may_enrol: Mapped[bool]
    secret: Mapped[str | None] = mapped_column(Sealed("identity.second_step.secret"))
    challenge: Mapped[bytes | None]
    failures: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AuthorizationCode(Base):
    """A code on its way from the browser to the client. The code is kept as its hash, and is valid for a minute,
    once."""

    __tablename__ = "authorization_code"

    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"))
    citizen_id: Mapped[str | None] = mapped_column(ForeignKey("citizen.citizen_id"))
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
    """The `jti` of a client assertion that was accepted, kept until the assertion has expired."""

    __tablename__ = "used_assertion"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    jti_hash: Mapped[bytes] = mapped_column(primary_key=True)
    forget_after: Mapped[datetime] = mapped_column(index=True)


class FailedSignIn(Base):
    """A sign-in that failed: the username only as its keyed hash, because people type passwords and ID numbers
    there."""

    __tablename__ = "failed_sign_in"
    __table_args__ = (Index("ix_failed_sign_in_source_failed_at", "source", "failed_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    username_hash: Mapped[bytes]
    source: Mapped[str]
    failed_at: Mapped[datetime] = mapped_column(index=True)


class Revocation(Base):
    """A revocation of tokens, with its reason. Services follow the event, not this table."""

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
