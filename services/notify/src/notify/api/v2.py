"""Operations of the API that clients of GOV.UK Notify speak, for other systems of the municipality.

Fields, states and sentences are Notify's. A system sees its own templates, and the messages of its keys of one kind.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from notify import queries
from notify.commands import notifications as commands
from notify.context import Call
from notify.domain import notifications, personalisation
from notify.domain.notifications import NotifyRefusal, moment
from notify.domain.texts import placeholders
from notify.limits import a_message_of
from notify.models import Message, Template, TemplateVersion

Body = Mapping[str, Any]
View = dict[str, Any]
LETTER_FIELDS = ("line_1", "line_2", "line_3", "line_4", "line_5", "line_6", "postcode")


def post_sms(call: Call, body: Body) -> tuple[View, int]:
    sender = _sender(call)
    with a_message_of(call, sender):
        _refuse_what_nobody_offers(body, sender.service_id)
        mobile = notifications.recipient(body["phone_number"])
        template = commands.template_of(call.session, sender, body["template_id"])
        words = queries.wording_of(call.session, template, template.current)
        language, values, _ = _written(call, words, body)
        draft = commands.Draft(mobile, values, language, body.get("reference"))
        row = commands.send(
            call.session, sender, (template, words), draft, caps=call.settings.caps, now=call.now
        )
    return _accepted(call, row), 201


def post_email(call: Call, body: Body) -> View:
    raise NotifyRefusal("Service is not allowed to send emails")


def post_letter(call: Call, body: Body) -> View:
    raise NotifyRefusal("Service is not allowed to send letters")


def list_notifications(call: Call, **filters: Any) -> View:
    sender = _sender(call)
    search = queries.NotificationSearch(
        api_service_id=sender.service_id,
        is_test=sender.is_test,
        statuses=tuple(filters.get("status", ())),
        types=tuple(filters.get("template_type", ())),
        reference=filters.get("reference"),
        older_than=filters.get("older_than"),
    )
    rows = queries.list_notifications(call.session, search)
    links = {"current": _url(call, "/v2/notifications", filters)}
    if rows:
        following = {**filters, "older_than": rows[-1].message_id}
        links["next"] = _url(call, "/v2/notifications", following)
    return {"notifications": [_notification(call, row) for row in rows], "links": links}


def get_notification(call: Call, notification_id: str) -> View:
    sender = _sender(call)
    row = queries.get_notification(
        call.session, sender.service_id, notification_id, is_test=sender.is_test
    )
    return _notification(call, row)


def list_api_templates(call: Call, type: str | None = None) -> View:
    service_id = call.actor.organisation
    found = queries.list_templates(call.session, service_id) if type in (None, "sms") else ()
    return {"templates": [_template(row, words) for row, words in found if not row.archived]}


def get_api_template(call: Call, template_id: str) -> View:
    return _template(*_of_service(call, template_id))


def get_api_template_version(call: Call, template_id: str, version: int) -> View:
    row, _ = _of_service(call, template_id)
    return _template(row, queries.wording_of(call.session, row, version))


def preview_api_template(call: Call, template_id: str, body: Body | None = None) -> View:
    row, words = _of_service(call, template_id)
    _, _, text = _written(call, words, body or {})
    return {
        "id": row.template_id,
        "type": "sms",
        "version": words.number,
        "body": text,
        **dict.fromkeys(("subject", "html", "postage")),
    }


def list_received_texts(call: Call, older_than: str | None = None) -> View:
    query = {"older_than": older_than} if older_than else {}
    links = {"current": _url(call, "/v2/received-text-messages", query)}
    return {"received_text_messages": [], "links": links}


def _sender(call: Call) -> commands.Sender:
    facts = call.actor.attributes
    return commands.Sender(
        call.actor.organisation,
        call.actor.subject,
        facts["kind"],
        int(facts["rate_per_minute"]),
        int(facts["messages_per_day"]),
    )


def _of_service(call: Call, template_id: str) -> tuple[Template, TemplateVersion]:
    service_id = call.actor.organisation
    return queries.get_template(call.session, template_id, of_service=service_id)


def _written(call: Call, words: TemplateVersion, body: Body) -> tuple[str, dict[str, str], str]:
    """The language, the values by the template's own names, and the text. Raises NotifyRefusal."""
    given = body.get("personalisation", {})
    language = commands.language_of(words, given)
    text = words.body(language)
    values = personalisation.matched(text, given)
    written = notifications.written(text, values, hosts=call.settings.link_hosts)
    return language, values, written.public


def _refuse_what_nobody_offers(body: Body, service_id: str) -> None:
    if sender_id := body.get("sms_sender_id"):
        raise NotifyRefusal(
            f"sms_sender_id {sender_id} does not exist in database for service id {service_id}"
        )
    if body.get("scheduled_for") is not None:
        raise NotifyRefusal("Cannot schedule notifications (this feature is invite-only)")


def _url(call: Call, path: str, query: Mapping[str, Any]) -> str:
    base = call.settings.public_url + path
    pairs: Sequence[tuple[str, Any]] = [(name, one) for name, one in query.items() if one]
    return f"{base}?{urlencode(pairs, doseq=True)}" if pairs else base


def _template_link(call: Call, row: Message) -> View:
    path = f"/v2/template/{row.template_id}/version/{row.template_version}"
    return {
        "id": row.template_id,
        "version": row.template_version,
        "uri": call.settings.public_url + path,
    }


def _accepted(call: Call, row: Message) -> View:
    return {
        "id": row.message_id,
        "reference": row.api_reference,
        "uri": _url(call, f"/v2/notifications/{row.message_id}", {}),
        "template": _template_link(call, row),
        "scheduled_for": None,
        "content": {"from_number": call.settings.sender, "body": row.text_public},
    }


def _notification(call: Call, row: Message) -> View:
    return {
        **dict.fromkeys(("email_address", *LETTER_FIELDS, "subject", "created_by_name")),
        **dict.fromkeys(("scheduled_for", "postage", "one_click_unsubscribe_url")),
        **notifications.facts(row.facts()),
        "template": _template_link(call, row),
        "cost_details": {
            "billable_sms_fragments": row.parts,
            "international_rate_multiplier": 1.0,
            "sms_rate": 0.0,
        },
        "cost_in_pounds": 0.0,
        "is_cost_data_ready": True,
    }


def _template(row: Template, words: TemplateVersion) -> View:
    return {
        "id": row.template_id,
        "type": "sms",
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at) if words.number > 1 else None,
        "created_by": words.created_by,
        "version": words.number,
        "body": words.body_ar,
        "subject": None,
        "name": row.title_ar,
        "personalisation": {name: {"required": True} for name in placeholders(words.body_ar)},
        "postage": None,
        "letter_contact_block": None,
    }
