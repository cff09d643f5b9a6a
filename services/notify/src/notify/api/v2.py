"""The API that clients of GOV.UK Notify speak, for other systems of the municipality: operations, keys, errors.

Fields, states and sentences are Notify's. A system sees its own templates, and the messages of its keys of one kind.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import select

from chassis.access.auth import Caller
from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem
from notify import queries
from notify.commands import notifications as commands
from notify.context import Call
from notify.domain import notifications
from notify.domain.notifications import NotifyRefusal, Refused, Unauthorized, moment
from notify.domain.texts import placeholders
from notify.limits import charge_message
from notify.models import ApiKey, ApiService, Message, Template, TemplateVersion

Body = Mapping[str, Any]
View = dict[str, Any]
LETTER_FIELDS = ("line_1", "line_2", "line_3", "line_4", "line_5", "line_6", "postcode")


def post_sms(call: Call, body: Body) -> tuple[View, int]:
    sender = _sender(call)
    with charge_message(call, sender):
        _refuse_unsupported(body, sender.service_id)
        mobile = notifications.recipient(body["phone_number"])
        template = commands.require_template(call.session, sender, body["template_id"])
        wording = queries.wording_of(call.session, template, template.current)
        language, values, _ = _write_text(call, wording, body)
        draft = commands.Draft(mobile, values, language, body.get("reference"))
        row = commands.send(
            call.session, sender, (template, wording), draft, caps=call.settings.caps, now=call.now
        )
    return _accepted_view(call, row), 201


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
    return {"notifications": [_notification_view(call, row) for row in rows], "links": links}


def get_notification(call: Call, notification_id: str) -> View:
    sender = _sender(call)
    row = queries.get_notification(
        call.session, sender.service_id, notification_id, is_test=sender.is_test
    )
    return _notification_view(call, row)


def list_api_templates(call: Call, type: str | None = None) -> View:
    service_id = call.actor.organisation
    rows = queries.list_templates(call.session, service_id) if type in (None, "sms") else ()
    return {
        "templates": [_template_view(row, wording) for row, wording in rows if not row.archived]
    }


def get_api_template(call: Call, template_id: str) -> View:
    return _template_view(*_get_template(call, template_id))


def get_api_template_version(call: Call, template_id: str, version: int) -> View:
    row, _ = _get_template(call, template_id)
    return _template_view(row, queries.wording_of(call.session, row, version))


def preview_api_template(call: Call, template_id: str, body: Body | None = None) -> View:
    row, wording = _get_template(call, template_id)
    _, _, text = _write_text(call, wording, body or {})
    return {
        "id": row.template_id,
        "type": "sms",
        "version": wording.number,
        "body": text,
        **dict.fromkeys(("subject", "html", "postage")),
    }


def list_received_texts(call: Call, older_than: str | None = None) -> View:
    query = {"older_than": older_than} if older_than else {}
    links = {"current": _url(call, "/v2/received-text-messages", query)}
    return {"received_text_messages": [], "links": links}


def _sender(call: Call) -> commands.Sender:
    attributes = call.actor.attributes
    return commands.Sender(
        call.actor.organisation,
        call.actor.subject,
        attributes["kind"],
        int(attributes["rate_per_minute"]),
        int(attributes["messages_per_day"]),
    )


def _get_template(call: Call, template_id: str) -> tuple[Template, TemplateVersion]:
    service_id = call.actor.organisation
    return queries.get_template(call.session, template_id, of_service=service_id)


def _write_text(
    call: Call, wording: TemplateVersion, body: Body
) -> tuple[str, dict[str, str], str]:
    """Returns the language, the values by the template's names, and the text. Raises NotifyRefusal."""
    values_sent = body.get("personalisation", {})
    language = commands.language_of(wording, values_sent)
    text = wording.body(language)
    values = notifications.values_for(text, values_sent)
    written = notifications.write_text(text, values, hosts=call.settings.link_hosts)
    return language, values, written.public


def _refuse_unsupported(body: Body, service_id: str) -> None:
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


def _accepted_view(call: Call, row: Message) -> View:
    return {
        "id": row.message_id,
        "reference": row.api_reference,
        "uri": _url(call, f"/v2/notifications/{row.message_id}", {}),
        "template": _template_link(call, row),
        "scheduled_for": None,
        "content": {"from_number": call.settings.sender, "body": row.text_public},
    }


def _notification_view(call: Call, row: Message) -> View:
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


def _template_view(row: Template, wording: TemplateVersion) -> View:
    return {
        "id": row.template_id,
        "type": "sms",
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at) if wording.number > 1 else None,
        "created_by": wording.created_by,
        "version": wording.number,
        "body": wording.body_ar,
        "subject": None,
        "name": row.title_ar,
        "personalisation": {name: {"required": True} for name in placeholders(wording.body_ar)},
        "postage": None,
        "letter_contact_block": None,
    }


ALGORITHM = "HS256"
CLOCK_SECONDS = 30
LONGEST_TOKEN = 4_096
MALFORMED = (
    "Invalid token: make sure your API token matches the example at"
    " https://docs.notifications.service.gov.uk/rest-api.html#authorisation-header"
)


def authenticate_key(call: Call, presented: str | None) -> Caller:
    """Returns the system of the key as caller, with the kind of the key and the limits.

    Checks the signed token as GOV.UK Notify does, in its order and with its sentences. Raises Unauthorized and Refused.
    """
    if presented is None:
        raise Unauthorized("Unauthorized: authentication token must be provided")
    token = _read_claims(presented)
    service = call.session.get(ApiService, _issuer_of(token))
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


def _read_claims(presented: str) -> dict[str, Any]:
    """Returns the claims before their signature is checked, because they name the system with the keys. Raises
    Refused."""
    try:
        if len(presented) > LONGEST_TOKEN:
            raise ValueError("too long")
        token = jws.extract_compact(presented.encode())
        claims = json.loads(token.payload)
        header = token.headers()
    except (JoseError, ValueError, RecursionError):
        raise Refused(MALFORMED) from None
    if header.get("alg") != ALGORITHM:
        raise Refused("Invalid token: algorithm used is not HS256")
    if not isinstance(claims, dict):
        raise Refused(MALFORMED)
    return claims


def _issuer_of(claims: dict[str, Any]) -> str:
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
        raise Refused(MALFORMED)
    moment = now.timestamp()  # compared, not subtracted: an integer may be too large for a float
    if not moment - CLOCK_SECONDS <= issued <= moment + CLOCK_SECONDS:
        raise Refused("Error: Your system clock must be accurate to within 30 seconds")


# Problem type → the name of the error in Notify's code.
_NAMES = {
    "notify-bad-request": "BadRequestError",
    "notify-validation": "ValidationError",
    "notify-rate-limit": "RateLimitError",
    "notify-day-limit": "TooManyRequestsError",
    "notify-unauthorized": "AuthError",
    "notify-refused": "AuthError",
}
_SENTENCES = {
    "malformed-body": ("BadRequestError", "Invalid JSON supplied in POST data"),
    "unsupported-media-type": ("BadRequestError", "Invalid JSON supplied in POST data"),
    "not-found": ("NoResultFound", "No result found"),
    "internal-error": ("InternalServerError", "Internal server error"),
}


def notify_errors(problem: Problem, request: ErrorRequest) -> ErrorAnswer:
    """Returns an error below /v2 in Notify's shape: `{"status_code": …, "errors": [{"error": …, "message": …}]}`."""
    errors = [{"error": name, "message": message} for name, message in _errors(problem, request)]
    body = json.dumps({"status_code": problem.status, "errors": errors}, ensure_ascii=False)
    return body.encode(), problem.status, {"Content-Type": "application/json"}


def _errors(problem: Problem, request: ErrorRequest) -> Iterator[tuple[str, str]]:
    if problem.slug in _NAMES:
        yield _NAMES[problem.slug], str(problem.params["message"])
    elif problem.slug == "invalid-request":
        for message in notifications.validation_errors(_field_faults(problem, request)):
            yield "ValidationError", message
    elif problem.slug in _SENTENCES:
        yield _SENTENCES[problem.slug]
    else:
        title = str(problem.document("en")["title"])
        yield title.title().replace(" ", ""), title


def _field_faults(problem: Problem, request: ErrorRequest) -> list[notifications.FieldFault]:
    """Returns the fields at fault. Notify repeats a value of the query; a value of the body may be personal data."""
    sent = parse_qs(request.query)
    is_template = request.path.startswith("/v2/template/")
    return [
        notifications.FieldFault(
            "id" if is_template and one.field == "template_id" else one.field,
            one.code,
            one.params,
            sent.get(one.field.partition(".")[0], [""])[0][:60],
        )
        for one in problem.errors
    ]
