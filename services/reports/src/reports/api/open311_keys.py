"""Operations on the API keys of Open311, for administrators."""

from chassis.core.times import rfc3339
from reports import queries
from reports.api.edge import Body, Created, View
from reports.commands import open311_keys
from reports.context import Call
from reports.models import Open311Key


def make_open311_key(call: Call, body: Body) -> Created:
    row, key = open311_keys.make_key(
        call.work, name=body["name"], may_close=body.get("may_close", False)
    )
    return {**key_view(row), "key": key}, 201


def list_open311_keys(call: Call) -> View:
    return {"items": [key_view(one) for one in queries.open311_keys(call.session)]}


def withdraw_open311_key(call: Call, key_id: str) -> View:
    return key_view(open311_keys.withdraw_key(call.work, key_id))


def key_view(row: Open311Key) -> View:
    """The contract's Open311Key, without the key."""
    return {
        "key_id": row.key_id,
        "name": row.name,
        "may_close": row.may_close,
        "made_at": rfc3339(row.made_at),
        "withdrawn_at": rfc3339(row.withdrawn_at) if row.withdrawn_at else None,
    }
