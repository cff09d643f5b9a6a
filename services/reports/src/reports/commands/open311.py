"""Open311: other systems file reports and add updates, each with an API key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import select

from chassis.core.ids import new_id
from chassis.core.refusals import Conflict, InvalidFields, NotFound, not_blank
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import uploader_of
from reports.catalogue import catalogue, governorate
from reports.commands import ending, treatment
from reports.commands.duplicates import lock_with_followers
from reports.commands.filing import file_report
from reports.commands.recording import add_remark
from reports.domain.actors import service_as
from reports.domain.categories import Category
from reports.domain.filing import LONGEST_DESCRIPTION
from reports.domain.georeport import ServiceUnknown, rename_faults, town_of
from reports.domain.reports import AT_WORK, Channel, Reopening, Status
from reports.models import Open311Key, Remark, Report
from saudi import Malformed
from saudi.mobiles import parse_mobile
from saudi.text import parse_name, tidy


def get_service(code: str) -> Category:
    """Returns the type with this code. Raises ServiceUnknown unless the public may read the reports of the type."""
    found = catalogue().categories.get(code)
    if found is None or not found.public:
        raise ServiceUnknown
    return found


def file_request(
    work: UnitOfWork, request: Mapping[str, Any], *, language: str, photos: Sequence[str] = ()
) -> Report:
    """Files GeoReport's `POST requests` as a report. `photos`: attachments that the actor sent.

    An unusable name, and a telephone that is no Saudi mobile, are left out, because the standard requires neither.
    Raises ServiceUnknown, and InvalidFields by GeoReport's names.
    """
    category = get_service(request["service_code"])
    report = {
        "channel": Channel.OPEN311.value,
        "category": category.code,
        "description": request.get("description") or category.words.ar,
        "location": _location_of(request),
        "reporter": _reporter_of(request),
        "language": language,
        "extra": _answers_of(category, request.get("attribute", {})),
    }
    try:
        return file_report(work, report, photos_of={uploader_of(work.actor): photos})
    except InvalidFields as refused:
        raise InvalidFields(rename_faults(refused.faults)) from None


def usable_mobile(phone: str | None) -> str | None:
    """Returns the telephone if it is a Saudi mobile."""
    return phone if _parses(parse_mobile, phone) else None


def _parses(parse: Any, text: str | None) -> bool:
    try:
        return bool(tidy(text or "")) and bool(parse(text))
    except Malformed:
        return False


def _reporter_of(request: Mapping[str, Any]) -> dict[str, Any]:
    name = tidy(f"{request.get('first_name', '')} {request.get('last_name', '')}")
    return {
        "name": name if _parses(parse_name, name) else None,
        "mobile": usable_mobile(request.get("phone")),
        "email": request.get("email"),
    }


def _location_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the point, or the town in the address, with the address as the landmark."""
    address = tidy(request.get("address_string") or "")
    location: dict[str, Any] = {"landmark": address or None}
    if "lat" in request or "long" in request:
        return {**location, "latitude": request.get("lat"), "longitude": request.get("long")}
    return {**location, "town": town_of(address, governorate())}


def _answers_of(category: Category, sent: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Returns one text for each field, and a list for a field of several values. Filing refuses a repeated text."""
    lists = {one.code for one in category.fields if one.datatype == "multivaluelist"}
    return {
        code: values if code in lists else values[0] if len(values) == 1 else list(values)
        for code, values in sent.items()
    }


@dataclass(frozen=True)
class NewUpdate:
    """An update of a request by another system, which chose the `update_id`."""

    report_number: str
    update_id: str
    text: str
    closes: bool


class UpdateUsed(Conflict):
    """The key has used the update id for another report."""

    problem = "update-used"


def add_update(work: UnitOfWork, update: NewUpdate, *, rule: Reopening | None = None) -> Remark:
    """Adds the update as a remark. A repeated `update_id` of the key returns the first remark and changes nothing.

    With a `rule`, the key may close: a closing update then treats and closes a report at work. Without a rule, a
    closing status stays a remark. Raises NotFound unless the report is public.
    """
    found = work.session.scalar(select(Report.report_id).where(_is_public(update.report_number)))
    if found is None:
        raise NotFound
    insider = service_as(
        work.actor.subject, work.actor.client_id, organisation=work.actor.organisation
    )
    row, _ = lock_with_followers(work.acting_as(insider), found)
    source = f"open311/{work.actor.subject}"
    known = work.session.scalar(
        select(Remark).where(Remark.source == source, Remark.source_id == update.update_id)
    )
    if known is not None:
        if known.report_id != row.report_id:
            raise UpdateUsed
        return known
    remark = add_remark(work, row, "update", update.text)
    remark.public, remark.source, remark.source_id = True, source, update.update_id
    row.words_waiting = not row.text_withheld  # an officer reads the update before the public does
    work.record_action(row, "update")
    if update.closes and rule is not None:
        _resolve_and_close(work.acting_as(insider), row, update.text, rule)
    work.session.flush()
    return remark


def _is_public(number: str) -> Any:
    public = [code for code, one in catalogue().categories.items() if one.public]
    return (Report.report_number == number) & Report.public & Report.category.in_(public)


def _resolve_and_close(work: UnitOfWork, row: Report, text: str, rule: Reopening) -> None:
    if Status(row.status) in (*AT_WORK, Status.WAITING_EXTERNAL):
        words = text[:LONGEST_DESCRIPTION]
        treatment.resolve(work, row.report_id, text=words)
    if Status(row.status) is Status.RESOLVED:
        ending.close(work, row.report_id, rule=rule)


KEY_BYTES = 32


def hash_key(key: str) -> bytes:
    """Returns the hash that is stored. The key is random, so a plain hash reveals nothing."""
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def make_key(work: UnitOfWork, *, name: str, may_close: bool = False) -> tuple[Open311Key, str]:
    """Returns the row and the key, which nobody can read again. `may_close`: updates of this key may close reports."""
    key = token_urlsafe(KEY_BYTES)
    row = Open311Key(
        key_id=new_id(),
        name=not_blank(name, "name"),
        key_hash=hash_key(key),
        may_close=may_close,
        made_at=work.now,
        made_by=work.actor.subject,
    )
    work.session.add(row)
    work.session.flush()
    return row, key


def withdraw_key(work: UnitOfWork, key_id: str) -> Open311Key:
    """Withdraws the key; a repetition changes nothing. Raises NotFound."""
    row = work.lock(Open311Key, key_id)
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = work.now, work.actor.subject
        work.session.flush()
    return row
