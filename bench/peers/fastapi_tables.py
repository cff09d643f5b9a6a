"""Tables of bench.peers.fastapi_gateway, with the indexes that its queries want."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = dict[str, Any]
STATUSES = {
    "valid": {"ar": "سارية", "en": "Valid"},
    "expired": {"ar": "منتهية", "en": "Expired"},
    "suspended": {"ar": "موقوفة", "en": "Suspended"},
    "renewed": {"ar": "مجددة", "en": "Renewed"},
    "superseded": {"ar": "مستبدلة", "en": "Superseded"},
    "completed": {"ar": "منجزة", "en": "Completed"},
    "cancelled": {"ar": "ملغاة", "en": "Cancelled"},
}

# Why a permit that isn't in force gives no current.
_REPLACED = (
    "permit-replaced",
    "حلت محلها رخصة أخرى؛ استعلموا عن الرخصة اللاحقة",
    "Another permit took its place; look up the later permit",
)
REFUSALS = {
    "expired": ("permit-expired", "الرخصة منتهية", "The permit has expired"),
    "suspended": ("permit-suspended", "الرخصة موقوفة", "The permit is suspended"),
    "cancelled": ("permit-cancelled", "الرخصة ملغاة", "The permit is cancelled"),
    "renewed": _REPLACED,
    "superseded": _REPLACED,
}


def day_of(now: datetime) -> datetime:
    """Midnight in Riyadh."""
    return (now + timedelta(hours=3)).replace(hour=0, minute=0, second=0, microsecond=0)


class Base(DeclarativeBase):
    type_annotation_map = {
        str: Text,
        datetime: DateTime(timezone=True),
        Json: JSONB,
        list[Json]: JSONB,
        list[str]: ARRAY(Text),
        list[uuid.UUID]: ARRAY(Uuid),
    }


class Permit(Base):
    __tablename__ = "permit"

    permit_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    origin: Mapped[str]
    verified: Mapped[bool]
    permit_number: Mapped[str] = mapped_column(index=True)
    kept_status: Mapped[str] = mapped_column("status")
    issued_on: Mapped[date]
    issued_on_hijri: Mapped[str]
    expires_on: Mapped[date]
    expires_on_hijri: Mapped[str]
    municipality: Mapped[str]
    kind: Mapped[str]
    kind_title: Mapped[Json]
    use_class: Mapped[str]
    request_number: Mapped[str]
    transaction_number: Mapped[str | None]
    previous_permit_id: Mapped[str | None]
    predecessor: Mapped[Json | None]
    successor: Mapped[Json | None]
    building_id: Mapped[str]
    plan_number: Mapped[str | None]
    plan_key: Mapped[str | None]
    block: Mapped[str | None]
    plots: Mapped[list[str]]
    town: Mapped[str]
    district: Mapped[str]
    street: Mapped[str | None]
    latitude: Mapped[float]
    longitude: Mapped[float]
    land_area_m2: Mapped[float]
    deed: Mapped[Json | None]
    owners: Mapped[list[Json]]
    owner_keys: Mapped[list[str]]
    building: Mapped[Json]
    engineering_office: Mapped[Json]
    insulation_pledge: Mapped[bool]
    suspension: Mapped[Json | None]
    cancellation: Mapped[Json | None]
    completion: Mapped[Json | None]
    insulation: Mapped[Json | None]
    completion_refused: Mapped[Json | None]
    occupancy: Mapped[Json | None]
    release: Mapped[Json | None]
    kept_connection: Mapped[Json] = mapped_column("connection")

    @property
    def connection(self) -> Json:
        """The verdict on connecting; a permit that isn't in force has the verdict of its status."""
        code, ar, en = REFUSALS.get(self.status, ("", "", ""))
        if not code:
            return self.kept_connection
        title = {"ar": "لا يُطلق التيار", "en": "No current may be given"}
        reason = {"code": code, "title": {"ar": ar, "en": en}}
        return {"extent": "none", "title": title, "reasons": [reason]}

    @property
    def status_title(self) -> Json:
        return STATUSES[self.status]

    @property
    def status(self) -> str:
        """Expired is computed from the day, in Riyadh."""
        expired = self.kept_status == "valid" and self.expires_on < day_of(datetime.now(UTC)).date()
        return "expired" if expired else self.kept_status

    __table_args__ = (
        Index("ix_permit_plan", "plan_key", text("issued_on DESC"), text("permit_id DESC")),
        Index("ix_permit_issued", text("issued_on DESC"), text("permit_id DESC")),
        Index("ix_permit_owner", "owner_keys", postgresql_using="gin"),
    )


class PartnerGrant(Base):
    __tablename__ = "partner_grant"

    grant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    organisation: Mapped[str] = mapped_column(index=True)
    purposes: Mapped[list[str]]
    query_kinds: Mapped[list[str]]
    widest_span_days: Mapped[int | None]
    fields: Mapped[list[str]]
    rows_per_day: Mapped[int] = mapped_column(BigInteger)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    status: Mapped[str]


class Counter(Base):
    __tablename__ = "counter"

    subject: Mapped[str] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger)


class AccessLog(Base):
    __tablename__ = "access_log"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    organisation: Mapped[str]
    client_id: Mapped[str]
    subject: Mapped[str]
    jti: Mapped[str]
    operation: Mapped[str]
    filters: Mapped[Json]
    decision: Mapped[str]
    result_count: Mapped[int]
    permit_ids: Mapped[list[uuid.UUID]]

    __table_args__ = (Index("ix_access_log_organisation", "organisation", "at"),)
