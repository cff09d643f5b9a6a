"""GeoReport v2: other systems read public reports and file new ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.core.outgoing import Forbidden, Limit, NoAnswer, NotSent
from chassis.core.uploads import Upload
from chassis.files.attachments import uploader_of
from reports import limits
from reports.api.edge import Body
from reports.commands import open311 as commands
from reports.context import Call
from reports.domain.georeport import (
    JurisdictionUnknown,
    PictureRefused,
    closes,
    listed,
    skipped,
    statuses,
    window,
)
from reports.models import Report
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
    _check(call, jurisdiction_id)
    return answer(extension, "services", views.services_view(call.language))


def get_service_definition(
    call: Call, extension: str, service_code: str, jurisdiction_id: str | None = None
) -> Answer:
    _check(call, jurisdiction_id)
    category = commands.service(service_code)
    view = views.definition_view(category, call.language)
    return answer(extension, "service_definition", view)


def post_service_request(
    call: Call, extension: str, body: Body, jurisdiction_id: str | None = None
) -> Answer:
    """Pictures come before the first statement: fetching and reading them takes time."""
    _check(call, body.get("jurisdiction_id"), jurisdiction_id)
    commands.service(body["service_code"])
    sent, notices = _sent_pictures(call, body)
    row = commands.file_request(call.work, body, language=call.language, photos=_kept(call, sent))
    if body.get("phone") and not commands.usable_mobile(body["phone"]):
        notices.append(_WORDS["phone"][call.language])
    return answer(extension, "service_requests", views.filed_view(row, " ".join(notices) or None))


def _sent_pictures(call: Call, body: Body) -> tuple[list[Upload], list[str]]:
    """The pictures of the form and of the addresses that it names; what can't be had is told, and no reason not to
    file. Raises PictureRefused for an address that's never asked."""
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


def _kept(call: Call, pictures: Sequence[Upload]) -> list[str]:
    """All are kept before the first row is added: the transaction doesn't wait for the next picture."""
    uploader = uploader_of(call.actor)
    files = call.resources.files
    kept = [files.keep(one, field="media") for one in pictures]
    rows = [files.add(call.session, one, uploader=uploader, now=call.now) for one in kept]
    return [row.attachment_id for row in rows]


def list_service_requests(
    call: Call,
    extension: str,
    page: int,
    page_size: int,
    jurisdiction_id: str | None = None,
    **filters: Any,
) -> Answer:
    _check(call, jurisdiction_id)
    asked = reads.Asked(
        numbers=listed(filters.get("service_request_id")),
        services=listed(filters.get("service_code")),
        statuses=statuses(filters.get("status")),
        filed=window(filters.get("start_date"), filters.get("end_date"), call.now),
        skipped=skipped(page, page_size),
        most=page_size,
    )
    return _requests(call, extension, reads.list_requests(call.session, asked))


def get_service_request(
    call: Call, extension: str, service_request_id: str, jurisdiction_id: str | None = None
) -> Answer:
    _check(call, jurisdiction_id)
    numbers = listed(service_request_id) or [service_request_id]
    if len(numbers) == 1:
        return _requests(call, extension, [reads.get_request(call.session, numbers[0])])
    filed = window(None, None, call.now)
    asked = reads.Asked(numbers=numbers, filed=filed, skipped=0, most=len(numbers))
    return _requests(call, extension, reads.list_requests(call.session, asked))


def get_service_request_id(
    call: Call, extension: str, token: str, jurisdiction_id: str | None = None
) -> Answer:
    _check(call, jurisdiction_id)
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
    _check(call, jurisdiction_id)
    between = window(start_date, end_date, call.now)
    rows = reads.list_updates(call.session, between, skipped(page, page_size), page_size)
    return answer(extension, "service_request_updates", views.updates_view(rows, call.language))


def post_service_request_update(
    call: Call, extension: str, body: Body, jurisdiction_id: str | None = None
) -> Answer:
    _check(call, body.get("jurisdiction_id"), jurisdiction_id)
    update = commands.NewUpdate(
        body["service_request_id"], body["update_id"], body["description"], closes(body["status"])
    )
    allowed = limits.updates_of_key(call.settings, call.actor.subject, update.report_number)
    call.quotas.charge([allowed], now=call.now.timestamp())
    rule = call.settings.reopening if MAY_CLOSE in call.actor.scopes else None
    remark = commands.add_update(call.work, update, rule=rule)
    view = [{"update_id": reads.update_id_of(remark.remark_id), "account_id": None}]
    return answer(extension, "service_request_updates", view)


def _requests(call: Call, extension: str, rows: Sequence[Report]) -> Answer:
    base = f"{call.settings.public_url}/v1/public/photos/"
    found = reads.pictures(call.session, rows)
    addresses = {report_id: base + picture for report_id, picture in found.items()}
    view = views.requests_view(rows, addresses, call.language)
    return answer(extension, "service_requests", view)


def _check(call: Call, *named: str | None) -> None:
    """It may be left out: there's one; a form may bring it in its address too. Raises JurisdictionUnknown for another
    city's."""
    if set(named) - {None, "", call.settings.open311_jurisdiction}:
        raise JurisdictionUnknown
