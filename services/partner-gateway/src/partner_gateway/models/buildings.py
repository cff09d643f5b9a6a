"""Tables of what's known of a permit's building, of requests, and of the days that partners follow."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from partner_gateway.models.base import Base


class BuildingCertificate(Base):
    """The newest state of a certificate of a permit, without whom it speaks to."""

    __tablename__ = "building_certificate"

    certificate_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    building_id: Mapped[str] = mapped_column(UUID(as_uuid=False), index=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_at: Mapped[datetime]


class BuildingRelease(Base):
    """The newest state of a release of electric current, likewise."""

    __tablename__ = "building_release"

    release_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    building_id: Mapped[str] = mapped_column(UUID(as_uuid=False), index=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_at: Mapped[datetime]


class BuildingFacts(Base):
    """What the certificates and releases of a building come to, as the middle of a permit's document. It's rendered
    anew from them whenever one changes; `fresh_until` is the last day on which it's so, None where no day ends it."""

    __tablename__ = "building_facts"

    building_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    document: Mapped[str]
    fresh_until: Mapped[date | None]


class PermitRequest(Base):
    """The newest state of a request for a permit: why a number has no permit."""

    __tablename__ = "permit_request"

    request_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    request_key: Mapped[str] = mapped_column(index=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_at: Mapped[datetime]


class FollowedThing(Base):
    """What a day held: the newest state of each permit, certificate and release that changed on it, as followers are
    told. It's a record of its own beside the feed, so that one can be compared with the other."""

    __tablename__ = "followed_thing"

    day: Mapped[date] = mapped_column(primary_key=True)
    thing_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    event_id: Mapped[str]
    type: Mapped[str]
    permit_id: Mapped[str] = mapped_column(UUID(as_uuid=False))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (Index("ix_followed_thing_version", "thing_id", "version"),)


class FollowedDay(Base):
    """A day that's closed: nothing joins it any more, and its file can be had."""

    __tablename__ = "followed_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    things: Mapped[int]
    closed_at: Mapped[datetime]
