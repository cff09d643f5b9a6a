"""Operations on templates, for staff."""

from collections.abc import Mapping
from typing import Any

from chassis.core.times import rfc3339
from notify import queries
from notify.commands import templates as commands
from notify.context import Call
from notify.domain import templates
from notify.domain.texts import write
from notify.models import Template, TemplateVersion
from saudi import sms

Body = Mapping[str, Any]
View = dict[str, Any]


def list_templates(call: Call, api_service_id: str | None = None) -> View:
    found = queries.list_templates(call.session, api_service_id)
    return {"items": [_view(row, words) for row, words in found]}


def add_template(call: Call, body: Body) -> tuple[View, int]:
    hosts = call.settings.link_hosts
    row = commands.add_template(call.work, body, hosts=hosts)
    return _shown(call, row), 201


def get_template(call: Call, template_id: str) -> View:
    return _view(*queries.get_template(call.session, template_id))


def list_template_versions(call: Call, template_id: str) -> View:
    rows = queries.list_template_versions(call.session, template_id)
    return {"items": [_version_view(row) for row in rows]}


def add_template_version(call: Call, template_id: str, body: Body) -> tuple[View, int]:
    hosts = call.settings.link_hosts
    row = commands.add_version(call.work, template_id, body, hosts=hosts)
    return _shown(call, row), 201


def preview_template(call: Call, template_id: str, body: Body) -> View:
    row, words = queries.get_template(call.session, template_id)
    texts = {
        **words.texts(),
        **body.get("further", {}),
        "ar": body.get("body_ar", words.body_ar),
        "en": body.get("body_en", words.body_en),
    }
    texts = {language: text.strip() for language, text in texts.items()}
    if {"body_ar", "body_en", "further"} & body.keys():
        commands.check_wording(row, texts, hosts=call.settings.link_hosts)
    return {language: _previewed(text, language, body) for language, text in texts.items()}


def archive_template(call: Call, template_id: str) -> View:
    return _shown(call, commands.archive(call.work, template_id))


def _previewed(text: str, language: str, body: Body) -> View:
    values = templates.longest_values(text, language) | body.get("values", {})
    written = write(text, values)
    message = sms.message(written.public)
    return {
        "text": written.public,
        "encoding": message.encoding,
        "units": message.units,
        "parts": len(message.parts),
    }


def _shown(call: Call, row: Template) -> View:
    call.session.flush()
    return _view(*queries.get_template(call.session, row.template_id))


def _view(row: Template, words: TemplateVersion) -> View:
    lengths = {one: templates.length(text, one) for one, text in words.texts().items()}
    is_own = row.api_service_id is None
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        "version": row.current,
        "body_ar": words.body_ar,
        "body_en": words.body_en,
        "further": words.further,
        "parameters": words.parameters,
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
