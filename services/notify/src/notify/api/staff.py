"""Operations for staff: messages and the limits of the day, templates, and the systems that send via notify."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.call import page_of
from chassis.core.outgoing import Outgoing
from chassis.core.times import rfc3339
from notify import queries
from notify.commands import api_services as api_service_commands
from notify.commands import templates as template_commands
from notify.context import Call
from notify.domain import floods, templates
from notify.domain.texts import write
from notify.models import ApiKey, ApiService, Message, Template, TemplateVersion
from saudi import sms
from saudi.days import legal_day
from saudi.mobiles import mask_mobile

Body = Mapping[str, Any]
View = dict[str, Any]


def list_messages(
    call: Call,
    limit: int,
    cursor: str | None = None,
    report: str | None = None,
    state: str | None = None,
) -> View:
    asked = page_of(call, limit, cursor)
    page = queries.list_messages(call.session, asked, report=report, state=state)
    return {"items": [_message_view(row) for row in page.rows], "next_cursor": page.next_cursor}


def get_message(call: Call, message_id: str) -> View:
    return _message_view(queries.get_message(call.session, message_id))


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


def list_templates(call: Call, api_service_id: str | None = None) -> View:
    rows = queries.list_templates(call.session, api_service_id)
    return {"items": [_template_view(row, wording) for row, wording in rows]}


def add_template(call: Call, body: Body) -> tuple[View, int]:
    hosts = call.settings.link_hosts
    row = template_commands.add_template(call.work, body, hosts=hosts)
    return _current_view(call, row), 201


def get_template(call: Call, template_id: str) -> View:
    return _template_view(*queries.get_template(call.session, template_id))


def list_template_versions(call: Call, template_id: str) -> View:
    rows = queries.list_template_versions(call.session, template_id)
    return {"items": [_version_view(row) for row in rows]}


def add_template_version(call: Call, template_id: str, body: Body) -> tuple[View, int]:
    hosts = call.settings.link_hosts
    row = template_commands.add_version(call.work, template_id, body, hosts=hosts)
    return _current_view(call, row), 201


def preview_template(call: Call, template_id: str, body: Body) -> View:
    row, wording = queries.get_template(call.session, template_id)
    texts = {
        **wording.texts(),
        **body.get("further", {}),
        "ar": body.get("body_ar", wording.body_ar),
        "en": body.get("body_en", wording.body_en),
    }
    texts = {language: text.strip() for language, text in texts.items()}
    if {"body_ar", "body_en", "further"} & body.keys():
        template_commands.check_wording(row, texts, hosts=call.settings.link_hosts)
    return {language: _preview(text, language, body) for language, text in texts.items()}


def archive_template(call: Call, template_id: str) -> View:
    return _current_view(call, template_commands.archive_template(call.work, template_id))


def _preview(text: str, language: str, body: Body) -> View:
    values = templates.longest_values(text, language) | body.get("values", {})
    written = write(text, values)
    message = sms.message(written.public)
    return {
        "text": written.public,
        "encoding": message.encoding,
        "units": message.units,
        "parts": len(message.parts),
    }


def _current_view(call: Call, row: Template) -> View:
    call.session.flush()
    return _template_view(*queries.get_template(call.session, row.template_id))


def _template_view(row: Template, wording: TemplateVersion) -> View:
    lengths = {one: templates.length(text, one) for one, text in wording.texts().items()}
    is_own = row.api_service_id is None
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        "version": row.current,
        "body_ar": wording.body_ar,
        "body_en": wording.body_en,
        "further": wording.further,
        "parameters": wording.parameters,
        "known_parameters": sorted(templates.known_parameters(row.name)) if is_own else None,
        "lengths": {
            language: {"encoding": one.encoding, "units": one.units, "parts": one.parts}
            for language, one in lengths.items()
        },
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    }


_COLUMNS = (
    *("template_id", "api_service_id", "name", "title_ar", "title_en", "kind", "when_unsure"),
    *("expires_seconds", "archived"),
)


def _version_view(row: TemplateVersion) -> View:
    return {
        "version": row.number,
        "body_ar": row.body_ar,
        "body_en": row.body_en,
        "further": row.further,
        "parameters": row.parameters,
        "created_at": rfc3339(row.created_at),
        "created_by": row.created_by,
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
