"""GeoReport v2: other systems read public reports and file reports. Administrators make the API keys of the systems."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.core.outgoing import Forbidden, Limit, NoAnswer, NotSent
from chassis.core.times import rfc3339
from chassis.core.uploads import Upload
from chassis.files.attachments import uploader_of
from reports import limits, queries
from reports.api.edge import Body, Created, View
from reports.commands import open311 as commands
from reports.context import Call
from reports.domain.georeport import (
    JurisdictionUnknown,
    PictureRefused,
    is_closing,
    parse_statuses,
    rows_before,
    split_list,
    window,
)
from reports.models import Open311Key, Report
from reports.open311 import PATH, reads, views
from reports.open311.documents import Answer, answer
from reports.open311.keys import MAY_CLOSE

PICTURE = Limit(seconds=5.0, most_bytes=10 * 1024 * 1024)
_WORDS = {
    "phone": {
        "ar": "الرقم ليس جوالًا سعوديًا، ولن تصله رسائل.",
        "en": "The telephone is no Saudi mobile: no text messages will be sent.",
    },
    "picture": {
        "ar": "تعذر الحصول على الصورة من عنوانها.",
        "en": "The picture could not be fetched from its address.",
    },
}


def read_discovery(call: Call, extension: str) -> Answer:
    url = call.settings.public_url + PATH
    return answer(extension, "discovery", views.discovery_view(url, call.language))


def list_services(call: Call, extension: str, jurisdiction_id: str | None = None) -> Answer:
    _require_jurisdiction(call, jurisdiction_id)
    return answer(extension, "services", views.services_view(call.language))


def get_service_definition(
    call: Call, extension: str, service_code: str, jurisdiction_id: str | None = None
) -> Answer:
    _require_jurisdiction(call, jurisdiction_id)
    category = commands.get_service(service_code)
    view = views.definition_view(category, call.language)
    return answer(extension, "service_definition", view)


def post_service_request(
    call: Call, extension: str, body: Body, jurisdiction_id: str | None = None
) -> Answer:
    """Fetches the pictures before the first statement, so that no transaction waits for another server."""
    _require_jurisdiction(call, body.get("jurisdiction_id"), jurisdiction_id)
    commands.get_service(body["service_code"])
    sent, notices = _receive_pictures(call, body)
    row = commands.file_request(
        call.work, body, language=call.language, photos=_store_pictures(call, sent)
    )
    if body.get("phone") and not commands.usable_mobile(body["phone"]):
        notices.append(_WORDS["phone"][call.language])
    return answer(extension, "service_requests", views.filed_view(row, " ".join(notices) or None))


def _receive_pictures(call: Call, body: Body) -> tuple[list[Upload], list[str]]:
    """Returns the pictures of the form and of its addresses, with a notice for each missing picture. A missing picture
    doesn't prevent filing. Raises PictureRefused for a forbidden address."""
    pictures, notices = list(body.get("media", ())), []
    for url in body.get("media_url", ()):
        try:
            found = call.resources.outgoing.get(url, limit=PICTURE)
        except Forbidden:
            raise PictureRefused.of("media_url", "address-forbidden") from None
        except (NotSent, NoAnswer):
            found = None
        if found is None or found.status != 200:
            notices.append(_WORDS["picture"][call.language])
        else:
            kind = found.headers.get("content-type", "").partition(";")[0]
            pictures.append(Upload("picture", kind, found.body))
    return pictures, notices


def _store_pictures(call: Call, pictures: Sequence[Upload]) -> list[str]:
    """Stores all files before the first row, so that the transaction doesn't wait for a file."""
    uploader = uploader_of(call.actor)
    files = call.resources.files
    files_kept = [files.keep(one, field="media") for one in pictures]
    rows = [files.add(call.session, one, uploader=uploader, now=call.now) for one in files_kept]
    return [row.attachment_id for row in rows]


def list_service_requests(
    call: Call,
    extension: str,
    page: int,
    page_size: int,
    jurisdiction_id: str | None = None,
    **filters: Any,
) -> Answer:
    _require_jurisdiction(call, jurisdiction_id)
    wanted = reads.RequestFilter(
        numbers=split_list(filters.get("service_request_id")),
        services=split_list(filters.get("service_code")),
        statuses=parse_statuses(filters.get("status")),
        filed=window(filters.get("start_date"), filters.get("end_date"), call.now),
        skipped=rows_before(page, page_size),
        most=page_size,
    )
    return _answer_requests(call, extension, reads.list_requests(call.session, wanted))


def get_service_request(
    call: Call, extension: str, service_request_id: str, jurisdiction_id: str | None = None
) -> Answer:
    _require_jurisdiction(call, jurisdiction_id)
    numbers = split_list(service_request_id) or [service_request_id]
    if len(numbers) == 1:
        return _answer_requests(call, extension, [queries.get_public(call.session, numbers[0])])
    filed = window(None, None, call.now)
    wanted = reads.RequestFilter(numbers=numbers, filed=filed, skipped=0, most=len(numbers))
    return _answer_requests(call, extension, reads.list_requests(call.session, wanted))


def get_service_request_id(
    call: Call, extension: str, token: str, jurisdiction_id: str | None = None
) -> Answer:
    _require_jurisdiction(call, jurisdiction_id)
    row = reads.get_by_token(call.session, token)
    return answer(extension, "service_requests", views.token_view(row))


def list_service_request_updates(
    call: Call,
    extension: str,
    page: int,
    page_size: int,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
    jurisdiction_id: str | None = None,
) -> Answer:
    _require_jurisdiction(call, jurisdiction_id)
    between = window(start_date, end_date, call.now)
    rows = reads.list_updates(call.session, between, rows_before(page, page_size), page_size)
    return answer(extension, "service_request_updates", views.updates_view(rows, call.language))


def post_service_request_update(
    call: Call, extension: str, body: Body, jurisdiction_id: str | None = None
) -> Answer:
    _require_jurisdiction(call, body.get("jurisdiction_id"), jurisdiction_id)
    update = commands.NewUpdate(
        body["service_request_id"],
        body["update_id"],
        body["description"],
        is_closing(body["status"]),
    )
    allowed = limits.updates_of_key(call.settings, call.actor.subject, update.report_number)
    call.charge(allowed)
    rule = call.settings.reopening if MAY_CLOSE in call.actor.scopes else None
    remark = commands.add_update(call.work, update, rule=rule)
    view = [{"update_id": reads.update_id_of(remark.remark_id), "account_id": None}]
    return answer(extension, "service_request_updates", view)


def _answer_requests(call: Call, extension: str, rows: Sequence[Report]) -> Answer:
    base = f"{call.settings.public_url}/v1/public/photos/"
    found = queries.released_pictures(call.session, rows)
    addresses = {report_id: base + picture for report_id, picture in found.items()}
    view = views.requests_view(rows, addresses, call.language)
    return answer(extension, "service_requests", view)


def _require_jurisdiction(call: Call, *named: str | None) -> None:
    """Raises JurisdictionUnknown for the jurisdiction of another city. A request may leave the jurisdiction out, or
    give it in the form and in the address."""
    if set(named) - {None, "", call.settings.open311_jurisdiction}:
        raise JurisdictionUnknown


def make_open311_key(call: Call, body: Body) -> Created:
    row, key = commands.make_key(
        call.work, name=body["name"], may_close=body.get("may_close", False)
    )
    return {**key_view(row), "key": key}, 201


def list_open311_keys(call: Call) -> View:
    return {"items": [key_view(one) for one in queries.open311_keys(call.session)]}


def withdraw_open311_key(call: Call, key_id: str) -> View:
    return key_view(commands.withdraw_key(call.work, key_id))


def key_view(row: Open311Key) -> View:
    """Returns the contract's Open311Key, without the key."""
    return {
        "key_id": row.key_id,
        "name": row.name,
        "may_close": row.may_close,
        "made_at": rfc3339(row.made_at),
        "withdrawn_at": rfc3339(row.withdrawn_at) if row.withdrawn_at else None,
    }
