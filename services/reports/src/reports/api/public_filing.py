"""The filing of people whom the rules don't know: without an account, or as a citizen who is signed in."""

from chassis.access.quotas import Demand
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from reports import limits
from reports.api.edge import Body
from reports.commands import filing
from reports.context import Call
from reports.domain.filing import Citizen
from reports.models import Report
from saudi import Malformed
from saudi.mobiles import parse_mobile


def file_without_account(call: Call, body: Body, *, filed_by: Citizen | None = None) -> Report:
    """Files a report of somebody whom the rules don't know, once for each submission. `filed_by`: the citizen who is
    signed in, among whose reports it then is."""
    work = UnitOfWork.of(call, filing.ANYBODY)
    row = filing.find_public_report(work, body)
    if row is None:
        filing.check_public_report(body)
        if filed_by is not None:
            call.charge_caller(limits.filings_of_citizen(call.settings))
        _charge_mobile(call, body, checked=filed_by.mobile if filed_by else None)
        row = filing.file_public_report(work, body, filed_by=filed_by)
    return row


def _charge_mobile(call: Call, body: Body, *, checked: str | None) -> None:
    """Charges the quota of the mobile, by its keyed hash. A repeated submission and a refused report charge nothing:
    the look-up and the check come before. `checked`: the mobile that the national login has checked, which charges
    nothing either, so that strangers who name the mobile don't keep its owner from filing."""
    try:
        mobile = parse_mobile((body.get("reporter") or {}).get("mobile") or "")
    except Malformed:
        return
    if mobile == checked:
        return
    subject = keys_of(call.session).index.key(mobile)
    call.charge(Demand(limits.reports_of_mobile(call.settings), subject))
