"""The systems of the municipality that send by us: their limits, their keys, and where their receipts are posted."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.core.outgoing import Forbidden, Outgoing
from chassis.core.refusals import InvalidFields, NotFound, not_blank
from chassis.core.standard_webhooks import new_secret
from chassis.data.aggregates import lock, record_change
from notify.domain import api_keys
from notify.models import ApiKey, ApiService


def add_api_service(
    session: Session,
    actor: Actor,
    *,
    name: str,
    limits: tuple[int, int],
    now: datetime,
) -> ApiService:
    """`limits`: requests a minute, messages a day. Raises InvalidFields and ApiServiceNameTaken."""
    name = not_blank(name, "name")
    if session.scalar(select(exists().where(ApiService.name == name))):
        raise api_keys.ApiServiceNameTaken
    row = ApiService(
        api_service_id=str(uuid4()),
        name=name,
        rate_per_minute=limits[0],
        messages_per_day=limits[1],
        created_at=now,
    )
    session.add(row)
    record_change(session, row, actor, "add", now=now)
    session.flush()
    return row


def set_limits(
    session: Session, actor: Actor, api_service_id: str, limits: tuple[int, int], *, now: datetime
) -> ApiService:
    """Raises NotFound."""
    row = lock(session, ApiService, api_service_id)
    details = {"before": [row.rate_per_minute, row.messages_per_day], "after": list(limits)}
    row.rate_per_minute, row.messages_per_day = limits
    record_change(session, row, actor, "set_limits", now=now, details=details)
    return row


def make_key(
    session: Session, actor: Actor, api_service_id: str, *, name: str, kind: str, now: datetime
) -> tuple[ApiKey, str]:
    """The key, and its text, which nobody is shown again. Raises NotFound and ApiKeyNameTaken."""
    service = lock(session, ApiService, api_service_id)
    in_use = (
        ApiKey.api_service_id == api_service_id,
        ApiKey.name == name,
        ApiKey.withdrawn_at.is_(None),
    )
    if session.scalar(select(exists().where(*in_use))):
        raise api_keys.ApiKeyNameTaken
    key = ApiKey(
        key_id=new_id(),
        api_service_id=api_service_id,
        name=name,
        kind=kind,
        secret=str(uuid4()),
        made_at=now,
    )
    session.add(key)
    details = {"key_id": key.key_id, "name": name, "kind": kind}
    record_change(session, service, actor, "make_key", now=now, details=details)
    return key, api_keys.key_text(name, api_service_id, key.secret)


def withdraw_key(
    session: Session, actor: Actor, api_service_id: str, key_id: str, *, now: datetime
) -> ApiService:
    """From now on no request with the key is taken. Raises NotFound and KeyIsWithdrawn."""
    service = lock(session, ApiService, api_service_id)
    key = session.get(ApiKey, key_id)
    if key is None or key.api_service_id != api_service_id:
        raise NotFound
    if key.withdrawn_at is not None:
        raise api_keys.KeyIsWithdrawn
    key.withdrawn_at = now
    record_change(session, service, actor, "withdraw_key", now=now, details={"key_id": key_id})
    return service


def set_callback(
    session: Session,
    actor: Actor,
    api_service_id: str,
    to: tuple[str, str],
    *,
    outgoing: Outgoing,
    now: datetime,
) -> tuple[ApiService, str]:
    """`to`: the URL and the bearer token of the receiver. Answers the new secret of the signatures too, which nobody is
    shown again. Raises NotFound, and InvalidFields for an address that isn't asked."""
    row = lock(session, ApiService, api_service_id)
    try:
        outgoing.check(to[0])
    except Forbidden:
        raise InvalidFields.of("url", "callback-url") from None
    secret = new_secret()
    row.callback_url, row.callback_token = to
    row.callback_secret = secret
    record_change(session, row, actor, "set_callback", now=now)
    return row, secret


def remove_callback(
    session: Session, actor: Actor, api_service_id: str, *, now: datetime
) -> ApiService:
    """No more receipts are posted, those that wait neither. Raises NotFound and NoCallback."""
    row = lock(session, ApiService, api_service_id)
    if row.callback_url is None:
        raise api_keys.NoCallback
    row.callback_url = row.callback_token = row.callback_secret = None
    record_change(session, row, actor, "remove_callback", now=now)
    return row
