"""Operations on the systems that send by us, for an administrator."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.core.outgoing import Outgoing
from chassis.core.times import rfc3339
from notify import queries
from notify.commands import api_services as commands
from notify.context import Call
from notify.models import ApiKey, ApiService

Body = Mapping[str, Any]
View = dict[str, Any]


def list_api_services(call: Call) -> View:
    return {"items": [_view(row, keys) for row, keys in queries.list_api_services(call.session)]}


def add_api_service(call: Call, body: Body) -> tuple[View, int]:
    row = commands.add_api_service(call.work, name=body["name"], limits=_limits(body))
    return _view(row, ()), 201


def get_api_service(call: Call, api_service_id: str) -> View:
    return _view(*queries.get_api_service(call.session, api_service_id))


def set_api_service_limits(call: Call, api_service_id: str, body: Body) -> View:
    commands.set_limits(call.work, api_service_id, _limits(body))
    return get_api_service(call, api_service_id)


def make_api_key(call: Call, api_service_id: str, body: Body) -> tuple[View, int, dict[str, str]]:
    key, text = commands.make_key(call.work, api_service_id, name=body["name"], kind=body["kind"])
    return {**_key_view(key), "api_key": text}, 201, {"Cache-Control": "no-store"}


def withdraw_api_key(call: Call, api_service_id: str, key_id: str) -> View:
    commands.withdraw_key(call.work, api_service_id, key_id)
    return get_api_service(call, api_service_id)


def set_callback(call: Call, api_service_id: str, body: Body) -> tuple[View, int, dict[str, str]]:
    row, secret = commands.set_callback(
        call.work,
        api_service_id,
        (body["url"], body["bearer_token"]),
        outgoing=Outgoing(call.settings),
    )
    view = {"url": row.callback_url, "signing_secret": secret}
    return view, 200, {"Cache-Control": "no-store"}


def remove_callback(call: Call, api_service_id: str) -> View:
    commands.remove_callback(call.work, api_service_id)
    return get_api_service(call, api_service_id)


def _limits(body: Body) -> tuple[int, int]:
    return body["rate_per_minute"], body["messages_per_day"]


def _view(row: ApiService, keys: Sequence[ApiKey]) -> View:
    return {
        "api_service_id": row.api_service_id,
        "name": row.name,
        "rate_per_minute": row.rate_per_minute,
        "messages_per_day": row.messages_per_day,
        "callback_url": row.callback_url,
        "created_at": rfc3339(row.created_at),
        "keys": [_key_view(key) for key in keys],
    }


def _key_view(key: ApiKey) -> View:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "kind": key.kind,
        "made_at": rfc3339(key.made_at),
        "withdrawn_at": rfc3339(key.withdrawn_at) if key.withdrawn_at else None,
    }
