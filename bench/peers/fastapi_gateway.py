"""The gateway's page by plan number as a competent team writes it today: FastAPI, SQLAlchemy async, pydantic.

The same checks as ours: token (PS256, issuer, audience, times, type, scope), grant, limits of person, client and
partner counted in PostgreSQL, a row of the record committed before the answer. Indexes, pools, prepared statements,
uvloop and httptools as their documents advise. Three shortcuts in the peer's favour: nothing is encrypted at rest, a
building's certificates are columns of its permits instead of rows that others' events change, and the counters are
committed asynchronously, as their hot rows would otherwise wait for the disk one after the other.

    DATABASE_URL=postgresql+asyncpg://… ISSUER=http://… uvicorn bench.peers.fastapi_gateway:app --workers 2
"""

import asyncio
import base64
import hashlib
import hmac
import os
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from bench.peers.fastapi_tables import AccessLog, Base, Counter, Json, PartnerGrant, Permit, day_of

AUDIENCE, SCOPE = "partner-gateway", "building-permits.read"
ISSUER = os.environ.get("ISSUER", "")
PER_MINUTE = int(os.environ.get("PER_MINUTE", "1000000000"))
SECRET = os.environ.get("CURSOR_SECRET", "a secret of the peer's own").encode()
URL = os.environ.get("DATABASE_URL", "postgresql+asyncpg://")


class Owner(BaseModel):
    name: str
    owner_type: str
    id_type: str
    id_masked: str | None
    share: str | None


class BuildingPermit(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    permit_id: uuid.UUID
    version: int
    origin: str
    verified: bool
    permit_number: str
    status: str
    status_title: Json
    issued_on: date
    issued_on_hijri: str
    expires_on: date
    expires_on_hijri: str
    municipality: str
    kind: str
    kind_title: Json
    use_class: str
    request_number: str
    transaction_number: str | None
    previous_permit_id: str | None
    predecessor: Json | None
    successor: Json | None
    building_id: str
    plan_number: str | None
    block: str | None
    plots: list[str]
    town: str
    district: str
    street: str | None
    latitude: float
    longitude: float
    land_area_m2: float
    deed: Json | None
    owners: list[Owner]
    building: Json
    engineering_office: Json
    insulation_pledge: bool
    suspension: Json | None
    cancellation: Json | None
    completion: Json | None
    insulation: Json | None
    completion_refused: Json | None
    occupancy: Json | None
    release: Json | None
    connection: Json


class Page(BaseModel):
    as_of: datetime
    next_cursor: str | None
    items: list[BuildingPermit]


class Caller(BaseModel):
    sub: str
    client_id: str
    organisation: str
    scope: str
    jti: str


engine = create_async_engine(URL, pool_size=16, max_overflow=0)
# The counters' own connections: autocommit, and no waiting for the disk.
counting = create_async_engine(
    URL,
    pool_size=8,
    max_overflow=0,
    isolation_level="AUTOCOMMIT",
    connect_args={"server_settings": {"synchronous_commit": "off"}},
)
Session = async_sessionmaker(engine, expire_on_commit=False)
keys = jwt.PyJWKClient(ISSUER + "/jwks.json", cache_keys=True, lifespan=300)
bearer = HTTPBearer(auto_error=False)
app = FastAPI(title="Partner gateway, the peer")


async def session() -> AsyncIterator[AsyncSession]:
    async with Session() as opened:
        yield opened


async def caller(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """Not a plain function, which FastAPI would send to a thread. The keys are fetched once in five minutes."""
    if credentials is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    try:
        token = credentials.credentials
        header = jwt.get_unverified_header(token)
        if header.get("typ", "").lower() != "at+jwt":
            raise jwt.InvalidTokenError("typ")
        claims = jwt.decode(
            token,
            keys.get_signing_key(header["kid"]).key,
            algorithms=["PS256"],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=10,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "jti"]},
        )
        found = Caller.model_validate(claims)
    except (jwt.PyJWTError, KeyError, ValueError):
        raise HTTPException(
            401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
        ) from None
    if SCOPE not in found.scope.split():
        raise HTTPException(403)
    return found


async def _count(used: dict[str, int], starts_at: datetime) -> dict[str, int]:
    """Adds to counters, in one statement; in order of name, so that two requests never wait for each other."""
    rows = [
        {"subject": name, "starts_at": starts_at, "used": n} for name, n in sorted(used.items())
    ]
    statement = insert(Counter).values(rows)
    statement = statement.on_conflict_do_update(
        index_elements=["subject", "starts_at"],
        set_={"used": Counter.used + statement.excluded.used},
    )
    async with counting.connect() as connection:
        counted = await connection.execute(statement.returning(Counter.subject, Counter.used))
        return dict(counted.tuples().all())


async def within_limits(who: Annotated[Caller, Depends(caller)]) -> Caller:
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    subjects = [f"person:{who.sub}", f"client:{who.client_id}", f"partner:{who.organisation}"]
    counted = await _count(dict.fromkeys(subjects, 1), minute)
    if any(used > PER_MINUTE for used in counted.values()):
        raise HTTPException(429, headers={"Retry-After": "60"})
    return who


@app.get("/v1/building-permits")
async def find_building_permits(
    who: Annotated[Caller, Depends(within_limits)],
    database: Annotated[AsyncSession, Depends(session)],
    plan_number: Annotated[str, Query(min_length=1, max_length=40)],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
) -> Page:
    now = datetime.now(UTC)
    await _check_grant(database, who, now)
    statement = (
        select(Permit)
        .where(Permit.plan_key == plan_number.strip())
        .order_by(Permit.issued_on.desc(), Permit.permit_id.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        statement = statement.where(
            tuple_(Permit.issued_on, Permit.permit_id) < tuple_(*_position(cursor))
        )
    rows = (await database.scalars(statement)).all()
    shown = rows[:limit]
    await _record(
        database, who, now, {"plan_number": plan_number}, [row.permit_id for row in shown]
    )
    following = _cursor(shown[-1]) if len(rows) > limit else None
    return Page(
        as_of=now,
        next_cursor=following,
        items=[BuildingPermit.model_validate(row) for row in shown],
    )


async def _check_grant(database: AsyncSession, who: Caller, now: datetime) -> None:
    grant = await database.scalar(
        select(PartnerGrant).where(
            PartnerGrant.organisation == who.organisation,
            PartnerGrant.status == "active",
            PartnerGrant.valid_from <= now,
            PartnerGrant.valid_until > now,
        )
    )
    if grant is None or "plan-number" not in grant.query_kinds:
        raise HTTPException(403)
    served = await database.scalar(
        select(func.coalesce(func.sum(Counter.used), 0)).where(
            Counter.subject == f"rows:{who.organisation}", Counter.starts_at == day_of(now)
        )
    )
    if served >= grant.rows_per_day:
        raise HTTPException(429)


async def _record(
    database: AsyncSession, who: Caller, now: datetime, filters: Json, permit_ids: list[uuid.UUID]
) -> None:
    database.add(
        AccessLog(
            at=now,
            organisation=who.organisation,
            client_id=who.client_id,
            subject=who.sub,
            jti=who.jti,
            operation="find_building_permits",
            filters=filters,
            decision="allowed",
            result_count=len(permit_ids),
            permit_ids=permit_ids,
        )
    )
    await database.commit()
    await _count({f"rows:{who.organisation}": len(permit_ids)}, day_of(now))


def _cursor(row: Permit) -> str:
    payload = f"{row.issued_on.isoformat()}{row.permit_id}".encode()
    mac = hmac.new(SECRET, payload, hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(payload + mac).decode()


def _position(cursor: str) -> tuple[date, uuid.UUID]:
    try:
        raw = base64.urlsafe_b64decode(cursor)
        payload, mac = raw[:-16], raw[-16:]
        if not hmac.compare_digest(mac, hmac.new(SECRET, payload, hashlib.sha256).digest()[:16]):
            raise ValueError("mac")
        return date.fromisoformat(payload[:10].decode()), uuid.UUID(payload[10:].decode())
    except ValueError:
        raise HTTPException(400) from None


async def create() -> None:
    """The tables."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


if __name__ == "__main__":
    asyncio.run(create())
