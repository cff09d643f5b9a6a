"""Operations for staff: templates, their wordings, and the drafts that wait for a second person."""

from collections.abc import Mapping
from typing import Any

from chassis.core.times import rfc3339
from notify import queries
from notify.commands import drafts as draft_commands
from notify.commands import templates as template_commands
from notify.context import Call
from notify.domain import templates
from notify.domain.texts import placeholders, write
from notify.models import Template, TemplateDraft, TemplateVersion
from saudi import sms
from saudi.plurals import category

Body = Mapping[str, Any]
View = dict[str, Any]


def list_templates(call: Call, api_service_id: str | None = None) -> View:
    rows = queries.list_templates(call.session, api_service_id)
    drafts = queries.drafts_of(call.session, [row.template_id for row, _ in rows])
    names = queries.names_of_authors(call.session, drafts)
    views = {template_id: _draft_view(call, draft, names) for template_id, draft in drafts.items()}
    return {
        "items": [_template_view(row, wording, views.get(row.template_id)) for row, wording in rows]
    }


def add_template(call: Call, body: Body) -> tuple[View, int]:
    hosts = call.settings.link_hosts
    row = template_commands.add_template(call.work, body, hosts=hosts)
    return _current_view(call, row.template_id), 201


def get_template(call: Call, template_id: str) -> View:
    row, wording = queries.get_template(call.session, template_id)
    draft = queries.drafts_of(call.session, [template_id]).get(template_id)
    names = queries.names_of_authors(call.session, [template_id])
    return _template_view(row, wording, _draft_view(call, draft, names) if draft else None)


def list_template_versions(call: Call, template_id: str) -> View:
    rows = queries.list_template_versions(call.session, template_id)
    names = queries.names_of_authors(call.session, [template_id])
    return {"items": [_version_view(row, names) for row in rows]}


def add_template_version(call: Call, template_id: str, body: Body) -> tuple[View, int]:
    hosts = call.settings.link_hosts
    template_commands.add_version(call.work, template_id, body, hosts=hosts)
    return _current_view(call, template_id), 201


def propose_template_wording(call: Call, template_id: str, body: Body) -> tuple[View, int]:
    hosts = call.settings.link_hosts
    draft_commands.propose_wording(call.work, template_id, body, hosts=hosts)
    return _current_view(call, template_id), 201


def propose_shipped_wording(call: Call, template_id: str) -> tuple[View, int]:
    hosts = call.settings.link_hosts
    draft_commands.propose_shipped_wording(call.work, template_id, hosts=hosts)
    return _current_view(call, template_id), 201


def approve_template_draft(call: Call, template_id: str, body: Body) -> View:
    hosts = call.settings.link_hosts
    draft_commands.approve_draft(call.work, template_id, body["draft_id"], hosts=hosts)
    return _current_view(call, template_id)


def withdraw_template_draft(call: Call, template_id: str, body: Body) -> View:
    draft_commands.withdraw_draft(call.work, template_id, body["draft_id"])
    return _current_view(call, template_id)


def preview_template(call: Call, template_id: str, body: Body) -> View:
    row, wording = queries.get_template(call.session, template_id)
    texts = {
        **body.get("further", wording.further),
        "ar": body.get("body_ar", wording.body_ar),
        "en": body.get("body_en", wording.body_en),
    }
    texts = {language: text.strip() for language, text in texts.items()}
    if {"body_ar", "body_en", "further"} & body.keys():
        template_commands.check_wording(row, texts, hosts=call.settings.link_hosts)
    values = body.get("values", {})
    return {
        **{language: _preview(text, language, values) for language, text in texts.items()},
        "counts": _counted_previews(texts["ar"], values),
    }


def archive_template(call: Call, template_id: str) -> View:
    template_commands.archive_template(call.work, template_id)
    return _current_view(call, template_id)


def _preview(text: str, language: str, given: Mapping[str, str]) -> View:
    values = {**templates.longest_values(text, language), **given}
    written = write(text, values)
    message = sms.message(written.public)
    return {
        "text": written.public,
        "encoding": message.encoding,
        "units": message.units,
        "parts": len(message.parts),
    }


def _counted_previews(text: str, given: Mapping[str, str]) -> list[View]:
    """Returns the Arabic text with a number of each plural form, where a value of the text is a number."""
    numbers = [name for name in placeholders(text) if name in templates.NUMBERS]
    if not numbers:
        return []
    return [
        {
            "form": category(count),
            "count": count,
            **_preview(text, "ar", {**given, **dict.fromkeys(numbers, str(count))}),
        }
        for count in templates.PLURAL_SAMPLES
    ]


def _current_view(call: Call, template_id: str) -> View:
    call.session.flush()
    return get_template(call, template_id)


def _template_view(row: Template, wording: TemplateVersion, draft: View | None) -> View:
    is_own = row.api_service_id is None
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        "version": row.current,
        "body_ar": wording.body_ar,
        "body_en": wording.body_en,
        "further": wording.further,
        "parameters": wording.parameters,
        "known_parameters": sorted(templates.known_parameters(row.name)) if is_own else None,
        "lengths": _lengths_view(wording.texts()),
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "is_shipped": wording.created_by == templates.SHIPPED,
        "draft": draft,
    }


_COLUMNS = (
    *("template_id", "api_service_id", "name", "title_ar", "title_en", "kind", "when_unsure"),
    *("expires_seconds", "archived"),
)


def _draft_view(call: Call, draft: TemplateDraft, names: Mapping[str, str]) -> View:
    return {
        "draft_id": draft.draft_id,
        "body_ar": draft.body_ar,
        "body_en": draft.body_en,
        "further": draft.further,
        **{name: getattr(draft, name) for name in template_commands.FACTS},
        "is_shipped": draft.is_shipped,
        "lengths": _lengths_view(draft.texts()),
        "based_on": draft.based_on,
        "proposed_at": rfc3339(draft.proposed_at),
        "proposed_by": draft.proposed_by,
        "proposed_by_name": names.get(draft.proposed_by),
        "is_own": draft.proposed_by == call.actor.subject,
    }


def _lengths_view(texts: Mapping[str, str]) -> View:
    lengths = {one: templates.length(text, one) for one, text in texts.items()}
    return {
        language: {"encoding": one.encoding, "units": one.units, "parts": one.parts}
        for language, one in lengths.items()
    }


def _version_view(row: TemplateVersion, names: Mapping[str, str]) -> View:
    return {
        "version": row.number,
        "body_ar": row.body_ar,
        "body_en": row.body_en,
        "further": row.further,
        "parameters": row.parameters,
        "created_at": rfc3339(row.created_at),
        "created_by": row.created_by,
        "created_by_name": names.get(row.created_by),
        "approved_by": row.approved_by,
        "approved_by_name": names.get(row.approved_by or ""),
    }
