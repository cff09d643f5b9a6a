"""Reports that other systems file by Open311, and what they add to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from chassis.core.refusals import Conflict, InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import uploader_of
from reports.catalogue import catalogue, governorate
from reports.commands import ending, treatment
from reports.commands.filing import file_report
from reports.commands.following import lock_with_followers
from reports.commands.recording import add_remark
from reports.domain.actors import service_as
from reports.domain.categories import Category
from reports.domain.filing import LONGEST_DESCRIPTION
from reports.domain.georeport import ServiceUnknown, renamed, town_of
from reports.domain.reports import AT_WORK, Channel, Reopening, Status
from reports.models import Remark, Report
from saudi import Malformed
from saudi.mobiles import parse_mobile
from saudi.text import parse_name, tidy


def service(code: str) -> Category:
    """A type whose reports the public may read. Raises ServiceUnknown for any other."""
    found = catalogue().categories.get(code)
    if found is None or not found.public:
        raise ServiceUnknown
    return found


def file_request(
    work: UnitOfWork, request: Mapping[str, Any], *, language: str, photos: Sequence[str] = ()
) -> Report:
    """Files GeoReport's `POST requests` as a report. `photos`: attachments that the actor sent.

    What we can't use of a person is left out, since the standard asks for none of it: a name that isn't one, a
    telephone that is no Saudi mobile. Raises ServiceUnknown, and InvalidFields by GeoReport's names.
    """
    category = service(request["service_code"])
    report = {
        "channel": Channel.OPEN311.value,
        "category": category.code,
        "description": request.get("description") or category.words.ar,
        "location": _location(request),
        "reporter": _reporter(request),
        "language": language,
        "extra": _extra(category, request.get("attribute", {})),
    }
    try:
        return file_report(work, report, photos_of={uploader_of(work.actor): photos})
    except InvalidFields as refused:
        raise InvalidFields(renamed(refused.faults)) from None


def usable_mobile(phone: str | None) -> str | None:
    """The telephone, if it's a mobile that gets texts."""
    return phone if _is(parse_mobile, phone) else None


def _is(parse: Any, text: str | None) -> bool:
    try:
        return bool(tidy(text or "")) and bool(parse(text))
    except Malformed:
        return False


def _reporter(request: Mapping[str, Any]) -> dict[str, Any]:
    name = tidy(f"{request.get('first_name', '')} {request.get('last_name', '')}")
    return {
        "name": name if _is(parse_name, name) else None,
        "mobile": usable_mobile(request.get("phone")),
        "email": request.get("email"),
    }


def _location(request: Mapping[str, Any]) -> dict[str, Any]:
    """A point, or the town that the address names; the address is kept as the landmark."""
    address = tidy(request.get("address_string") or "")
    location: dict[str, Any] = {"landmark": address or None}
    if "lat" in request or "long" in request:
        return {**location, "latitude": request.get("lat"), "longitude": request.get("long")}
    return {**location, "town": town_of(address, governorate())}


def _extra(category: Category, sent: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """One text for each field, a list for a field of several values; a repeated one is at fault."""
    lists = {one.code for one in category.fields if one.datatype == "multivaluelist"}
    return {
        code: values if code in lists else values[0] if len(values) == 1 else list(values)
        for code, values in sent.items()
    }


@dataclass(frozen=True)
class NewUpdate:
    """What another system says of a request. `update_id` is the system's own."""

    report_number: str
    update_id: str
    text: str
    closes: bool


class UpdateUsed(Conflict):
    """The key's update id stands for an update of another report."""

    problem = "update-used"


def add_update(work: UnitOfWork, update: NewUpdate, *, rule: Reopening | None = None) -> Remark:
    """The remark. A known `update_id` of the same key is the same update: nothing changes.

    `rule`: the key may close; an update that closes then treats and closes a report that's at work. Without it a
    closing status changes nothing but what the remark says. Raises NotFound for a report that isn't public.
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
    work.record_action(row, "update")
    if update.closes and rule is not None:
        _close(work.acting_as(insider), row, update.text, rule)
    work.session.flush()
    return remark


def _is_public(number: str) -> Any:
    public = [code for code, one in catalogue().categories.items() if one.public]
    return (Report.report_number == number) & Report.public & Report.category.in_(public)


def _close(work: UnitOfWork, row: Report, text: str, rule: Reopening) -> None:
    if Status(row.status) in (*AT_WORK, Status.WAITING_EXTERNAL):
        words = text[:LONGEST_DESCRIPTION]
        treatment.resolve(work, row.report_id, text=words)
    if Status(row.status) is Status.RESOLVED:
        ending.close(work, row.report_id, rule=rule)
