"""Systems of the municipality that send via notify: their limits, their keys, and the address of their receipts."""

from uuid import uuid4

from sqlalchemy import exists, select

from chassis.core.ids import new_id
from chassis.core.outgoing import Forbidden, Outgoing
from chassis.core.refusals import InvalidFields, NotFound, not_blank
from chassis.core.standard_webhooks import new_secret
from chassis.data.unit_of_work import UnitOfWork
from notify.domain.api_services import (
    ApiKeyNameTaken,
    ApiServiceNameTaken,
    KeyIsWithdrawn,
    NoCallback,
    key_text,
)
from notify.models import ApiKey, ApiService


def add_api_service(work: UnitOfWork, *, name: str, limits: tuple[int, int]) -> ApiService:
    """Adds a system. `limits`: requests a minute, messages a day. Raises InvalidFields and ApiServiceNameTaken."""
    name = not_blank(name, "name")
    if work.session.scalar(select(exists().where(ApiService.name == name))):
        raise ApiServiceNameTaken
    row = ApiService(
        api_service_id=str(uuid4()),
        name=name,
        rate_per_minute=limits[0],
        messages_per_day=limits[1],
        created_at=work.now,
    )
    work.session.add(row)
    work.record_change(row, "add")
    work.session.flush()
    return row


def set_limits(work: UnitOfWork, api_service_id: str, limits: tuple[int, int]) -> ApiService:
    """Changes the limits of a system. Raises NotFound."""
    row = work.lock(ApiService, api_service_id)
    details = {"before": [row.rate_per_minute, row.messages_per_day], "after": list(limits)}
    row.rate_per_minute, row.messages_per_day = limits
    work.record_change(row, "set_limits", details=details)
    return row


def make_key(work: UnitOfWork, api_service_id: str, *, name: str, kind: str) -> tuple[ApiKey, str]:
    """Adds a key. Returns the key and its text, which is shown only once. Raises NotFound and ApiKeyNameTaken."""
    service = work.lock(ApiService, api_service_id)
    in_use = (
        ApiKey.api_service_id == api_service_id,
        ApiKey.name == name,
        ApiKey.withdrawn_at.is_(None),
    )
    if work.session.scalar(select(exists().where(*in_use))):
        raise ApiKeyNameTaken
    key = ApiKey(
        key_id=new_id(),
        api_service_id=api_service_id,
        name=name,
        kind=kind,
        secret=str(uuid4()),
        made_at=work.now,
    )
    work.session.add(key)
    details = {"key_id": key.key_id, "name": name, "kind": kind}
    work.record_change(service, "make_key", details=details)
    return key, key_text(name, api_service_id, key.secret)


def withdraw_key(work: UnitOfWork, api_service_id: str, key_id: str) -> ApiService:
    """Withdraws a key: requests with the key are refused. Raises NotFound and KeyIsWithdrawn."""
    service = work.lock(ApiService, api_service_id)
    key = work.session.get(ApiKey, key_id)
    if key is None or key.api_service_id != api_service_id:
        raise NotFound
    if key.withdrawn_at is not None:
        raise KeyIsWithdrawn
    key.withdrawn_at = work.now
    work.record_change(service, "withdraw_key", details={"key_id": key_id})
    return service


def set_callback(
    work: UnitOfWork, api_service_id: str, to: tuple[str, str], *, outgoing: Outgoing
) -> tuple[ApiService, str]:
    """Sets the address of the receipts. `to`: URL and bearer token of the receiver. Returns the new secret of the
    signatures too, which is shown only once. Raises NotFound, and InvalidFields for a forbidden address."""
    row = work.lock(ApiService, api_service_id)
    try:
        outgoing.check(to[0])
    except Forbidden:
        raise InvalidFields.of("url", "callback-url") from None
    secret = new_secret()
    row.callback_url, row.callback_token = to
    row.callback_secret = secret
    work.record_change(row, "set_callback")
    return row, secret


def remove_callback(work: UnitOfWork, api_service_id: str) -> ApiService:
    """Removes the address: no receipt is posted any more, and waiting receipts end. Raises NotFound and NoCallback."""
    row = work.lock(ApiService, api_service_id)
    if row.callback_url is None:
        raise NoCallback
    row.callback_url = row.callback_token = row.callback_secret = None
    work.record_change(row, "remove_callback")
    return row
