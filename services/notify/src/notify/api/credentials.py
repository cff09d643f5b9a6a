"""Who calls the Notify API: a client of GOV.UK Notify signs a token with its key. It's checked as Notify checks it, in
its order and with its sentences.
"""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import select

from chassis.access.auth import Caller
from notify.context import Call
from notify.domain.notifications import Refused, Unauthorized
from notify.models import ApiKey, ApiService

ALGORITHM = "HS256"
CLOCK_SECONDS = 30
LONGEST_TOKEN = 4_096
UNFIT = (
    "Invalid token: make sure your API token matches the example at"
    " https://docs.notifications.service.gov.uk/rest-api.html#authorisation-header"
)


def notify_key(call: Call, presented: str | None) -> Caller:
    """The key's system as caller, with the kind of the key and the limits. Raises Unauthorized and Refused."""
    if presented is None:
        raise Unauthorized("Unauthorized: authentication token must be provided")
    token = _unverified(presented)
    service = call.session.get(ApiService, _issuer(token))
    if service is None:
        raise Refused("Invalid token: service not found")
    statement = select(ApiKey).where(ApiKey.api_service_id == service.api_service_id)
    keys = call.session.scalars(statement).all()
    if not keys:
        raise Refused("Invalid token: service has no API keys")
    key = next((one for one in keys if _is_signed_by(presented, one.secret)), None)
    if key is None:
        raise Refused("Invalid token: API key not found")
    _check_time(token, call.now)
    if key.withdrawn_at is not None:
        raise Refused("Invalid token: API key revoked")
    return Caller.with_key(
        key.key_id,
        organisation=service.api_service_id,
        attributes={
            "kind": key.kind,
            "rate_per_minute": str(service.rate_per_minute),
            "messages_per_day": str(service.messages_per_day),
        },
    )


def _unverified(presented: str) -> dict[str, Any]:
    """The claims, before anything is known of their signature: they say whose keys to try. Raises Refused."""
    try:
        if len(presented) > LONGEST_TOKEN:
            raise ValueError("too long")
        token = jws.extract_compact(presented.encode())
        claims = json.loads(token.payload)
        header = token.headers()
    except (JoseError, ValueError, RecursionError):
        raise Refused(UNFIT) from None
    if header.get("alg") != ALGORITHM:
        raise Refused("Invalid token: algorithm used is not HS256")
    if not isinstance(claims, dict):
        raise Refused(UNFIT)
    return claims


def _issuer(claims: dict[str, Any]) -> str:
    if "iss" not in claims:
        raise Refused("Invalid token: iss field not provided")
    try:
        return str(UUID(claims["iss"]))
    except (ValueError, AttributeError, TypeError):
        raise Refused("Invalid token: service id is not the right data type") from None


def _is_signed_by(presented: str, secret: str) -> bool:
    try:
        jws.deserialize_compact(presented, OctKey.import_key(secret), algorithms=[ALGORITHM])
    except (JoseError, ValueError):
        return False
    return True


def _check_time(claims: dict[str, Any], now: datetime) -> None:
    issued = claims.get("iat")
    if issued is None:
        raise Refused("Invalid token: iat field not provided")
    if isinstance(issued, bool) or not isinstance(issued, (int, float)):
        raise Refused(UNFIT)
    moment = now.timestamp()  # compared, not subtracted: an integer may be too large for a float
    if not moment - CLOCK_SECONDS <= issued <= moment + CLOCK_SECONDS:
        raise Refused("Error: Your system clock must be accurate to within 30 seconds")
