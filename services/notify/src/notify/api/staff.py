"""Operations for staff: messages, the limits of the day, and the systems that send via notify."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.call import page_of
from chassis.core.outgoing import Outgoing
from chassis.core.times import rfc3339
from notify import queries
from notify.commands import api_services as api_service_commands
from notify.commands.event_messages import municipality_name
from notify.commands.languages import language_for
from notify.commands.messages import get_current_template
from notify.context import Call
from notify.domain import floods, texts
from notify.models import ApiKey, ApiService, Message
from saudi.days import legal_day
from saudi.mobiles import mask_mobile

Body = Mapping[str, Any]
View = dict[str, Any]
# As long as a token, so that the parts are counted as those of the sent text.
_SAMPLE_TOKEN = "A" * 22


def list_messages(
    call: Call,
    limit: int,
    cursor: str | None = None,
    report: str | None = None,
    state: str | None = None,
) -> View:
    asked = page_of(call, limit, cursor)
    page = queries.list_messages(call.session, call.actor, asked, report=report, state=state)
    return {"items": [_message_view(row) for row in page.rows], "next_cursor": page.next_cursor}


def get_message(call: Call, message_id: str) -> View:
    return _message_view(queries.get_message(call.session, call.actor, message_id))


def preview_message(call: Call, body: Body) -> View:
    """Returns the text that the next event of a report would send to its reporter, and keeps nothing."""
    mobile = queries.mobile_of_reporter(call.session, call.actor, body["report"])
    language = language_for(call.session, mobile, body["language"])
    _, wording = get_current_template(call.session, body["template"])
    values = {
        "number": body["report"],
        "municipality": municipality_name(body["municipality"], language),
    }
    link = (f"{call.settings.reports_public_url}/r/", _SAMPLE_TOKEN)
    written = texts.write(wording.body(language), values, link=link)
    return {
        "language": wording.spoken(language),
        "text": written.public,
        "parts": written.parts,
    }


def _message_view(row: Message) -> View:
    recipient = mask_mobile(row.recipient) if row.recipient else None
    return {**row.record(), "recipient": recipient, "text": row.text_public}


def get_limits(call: Call) -> View:
    day, caps = legal_day(call.now), call.settings.caps
    used = queries.most_used(call.session, day)
    held = queries.held_by_reason(call.session)
    limits = {floods.MOBILE: caps.to_mobile, floods.ALL: caps.in_all}
    return {
        "day": day.isoformat(),
        "items": [
            {"name": name, "limit": limit, "most_used": used.get(name, 0)}
            for name, limit in limits.items()
        ],
        "held_messages": sum(held.values()),
        "held": [{"reason": reason, "count": count} for reason, count in sorted(held.items())],
    }


def list_api_services(call: Call) -> View:
    return {
        "items": [
            _api_service_view(row, keys) for row, keys in queries.list_api_services(call.session)
        ]
    }


def add_api_service(call: Call, body: Body) -> tuple[View, int]:
    row = api_service_commands.add_api_service(call.work, name=body["name"], limits=_limits(body))
    return _api_service_view(row, ()), 201


def get_api_service(call: Call, api_service_id: str) -> View:
    return _api_service_view(*queries.get_api_service(call.session, api_service_id))


def set_api_service_limits(call: Call, api_service_id: str, body: Body) -> View:
    api_service_commands.set_limits(call.work, api_service_id, _limits(body))
    return get_api_service(call, api_service_id)


def make_api_key(call: Call, api_service_id: str, body: Body) -> tuple[View, int, dict[str, str]]:
    key, text = api_service_commands.make_key(
        call.work, api_service_id, name=body["name"], kind=body["kind"]
    )
    return {**_key_view(key), "api_key": text}, 201, {"Cache-Control": "no-store"}


def withdraw_api_key(call: Call, api_service_id: str, key_id: str) -> View:
    api_service_commands.withdraw_key(call.work, api_service_id, key_id)
    return get_api_service(call, api_service_id)


def set_callback(call: Call, api_service_id: str, body: Body) -> tuple[View, int, dict[str, str]]:
    row, secret = api_service_commands.set_callback(
        call.work,
        api_service_id,
        (body["url"], body["bearer_token"]),
        outgoing=Outgoing(call.settings),
    )
    view = {"url": row.callback_url, "signing_secret": secret}
    return view, 200, {"Cache-Control": "no-store"}


def remove_callback(call: Call, api_service_id: str) -> View:
    api_service_commands.remove_callback(call.work, api_service_id)
    return get_api_service(call, api_service_id)


def _limits(body: Body) -> tuple[int, int]:
    return body["rate_per_minute"], body["messages_per_day"]


def _api_service_view(row: ApiService, keys: Sequence[ApiKey]) -> View:
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
