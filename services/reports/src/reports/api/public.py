"""Operations for people without an account: they file, send photos, ask after a report, rate its treatment."""

from secrets import token_urlsafe

from chassis.access.quotas import Demand
from chassis.core.times import rfc3339
from chassis.data.aggregates import history
from chassis.data.sealed import keys_of
from reports import limits, queries
from reports.api.edge import Body, Created, View
from reports.api.inquiry_views import inquiry_view
from reports.api.photos import upload_view
from reports.api.views import title
from reports.commands import photos, public
from reports.context import Call
from reports.domain.inquiry import in_citizens_words, parse_key
from reports.models import Report
from saudi import Malformed
from saudi.mobiles import parse_mobile

UPLOAD_KEY_BYTES = 16


def upload_public_attachment(call: Call, body: Body) -> Created:
    key = token_urlsafe(UPLOAD_KEY_BYTES)
    row = call.resources.files.store(
        call.session, body["file"], uploader=photos.uploader_with(key), now=call.now
    )
    return {**upload_view(row), "upload_key": key}, 201


def file_public_report(call: Call, body: Body) -> Created:
    public.check(body)
    _count_mobile(call, body)
    return inquiry_view(public.file_report(call.session, body, now=call.now)), 201


def _count_mobile(call: Call, body: Body) -> None:
    """Counts the mobile under its keyed hash, once the report may be filed: a refused one costs nobody anything."""
    try:
        mobile = parse_mobile((body.get("reporter") or {}).get("mobile") or "")
    except Malformed:
        return
    subject = keys_of(call.session).index.key(mobile)
    demand = Demand(limits.reports_of_mobile(call.settings), subject)
    call.quotas.charge([demand], now=call.now.timestamp())


def inquire(call: Call, body: Body) -> View:
    row = _inquired(call, body)
    entries = history(call.session, (Report.aggregate_type, row.report_id))
    told = [{"at": rfc3339(at), "title": title(words)} for at, words in in_citizens_words(entries)]
    return {**inquiry_view(row), "history": told}


def rate_by_number(call: Call, body: Body) -> View:
    row = _inquired(call, body)
    public.rate(call.session, row, stars=body["stars"], now=call.now)
    return inquiry_view(row)


def _inquired(call: Call, body: Body) -> Report:
    """The report, if number and mobile belong together. Whether the number or the mobile is wrong, the same is counted,
    asked and answered. Raises NotFound, InvalidFields, LimitReached."""
    number, mobile = parse_key(body["report_number"], body["mobile"])
    # Counted by its keyed hash: people type a person's number into either field.
    key = keys_of(call.session).index.key(f"report|{number}")
    demands = limits.inquiries_of_number(call.settings, key, call.address)
    call.quotas.charge(demands, now=call.now.timestamp())
    return queries.inquired(call.session, number, mobile)
