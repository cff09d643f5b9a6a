"""Tables of the record of queries: rows, their chains and signed roots. Triggers keep them append-only."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Index,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from partner_gateway.models.base import Base


class AccessLog(Base):
    """One row per query, also a denied one, durable before its answer leaves. `place` counts within a link."""

    __tablename__ = "access_log"

    chain: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    link: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    at: Mapped[datetime]
    organisation: Mapped[str]
    client_id: Mapped[str]
    subject: Mapped[str]
    sid: Mapped[str | None]
    jti: Mapped[str]
    operation: Mapped[str]
    query_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    civil_id_key: Mapped[str | None]
    purpose: Mapped[str | None]
    case_reference: Mapped[str | None]
    decision: Mapped[str]
    reason: Mapped[str | None]
    result_count: Mapped[int]
    permit_ids: Mapped[list[str]] = mapped_column(ARRAY(UUID(as_uuid=False)))

    __table_args__ = (
        Index("ix_access_log_organisation", "organisation", "at"),
        Index("ix_access_log_at", "at", postgresql_using="brin"),
        Index(
            "ix_access_log_civil_id",
            "at",
            "subject",
            "civil_id_key",
            postgresql_where=text("civil_id_key IS NOT NULL"),
        ),
    )


class AccessChain(Base):
    """The chain of one worker's life. `rooted_link`: the last link that a signed root covers."""

    __tablename__ = "access_chain"

    chain: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    rooted_link: Mapped[int] = mapped_column(BigInteger, server_default="0")


class AccessLink(Base):
    """One commit of rows: `hash = SHA-256(hash of the link before + hashes of the rows, in their places)`."""

    __tablename__ = "access_link"

    chain: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    link: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    rows: Mapped[int] = mapped_column(SmallInteger)
    hash: Mapped[bytes]


class AccessRoot(Base):
    """A signed root over the heads of all chains, as published (events/access-root-signed.v1)."""

    __tablename__ = "access_root"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    root: Mapped[dict[str, Any]] = mapped_column(JSONB)
