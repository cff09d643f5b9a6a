"""Operations for people without an account: a violation by two numbers, a licence by its number, the register."""

from chassis.core.states import state
from chassis.data.paging import PageRequest
from chassis.data.sealed import keys_of
from licences import limits
from licences.api.views import Body, View, violation_inquiry_view
from licences.context import Call
from licences.domain.applications import KIND_OF_LICENCE
from licences.domain.licences import effective
from licences.domain.offenders import parse_inquiry
from licences.models import Licence
from licences.queries.applications import RegisterSearch, public_licence, search_register
from licences.queries.violations import violation_for_inquirer
from saudi.days import legal_day
from saudi.formats import with_hijri

_DAYS = frozenset(("issued_on", "expires_on"))


def inquire_violation(call: Call, body: Body) -> View:
    """Counts, asks and answers in the same way whichever number is wrong."""
    number, offender = parse_inquiry(body["violation_no"], body["offender_number"])
    # Counted by its keyed hash: people type a person's number into either field.
    key = keys_of(call.session).index.key(f"violation|{number}")
    demands = limits.inquiries_of_number(call.settings, key, call.address)
    call.charge(*demands)
    return violation_inquiry_view(violation_for_inquirer(call.session, number, offender))


def inquire_licence(call: Call, licence_no: str) -> View:
    return _public_licence_view(call, public_licence(call.session, licence_no))


def search_licence_register(
    call: Call, limit: int, cursor: str | None = None, **filters: str | None
) -> View:
    page = search_register(
        call.session,
        RegisterSearch(**filters),
        PageRequest(
            limit=limit,
            cursor=cursor,
            organisation="public",
            secret=call.settings.cursor_secret,
        ),
    )
    items = [_public_licence_view(call, row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def _public_licence_view(call: Call, row: Licence) -> View:
    """The contract's InquiredLicence: whether it's valid, for what and until when; no owner."""
    status = effective(row.status, row.expires_on, legal_day(call.now))
    words = state(KIND_OF_LICENCE[row.kind], status)
    view = {
        "licence_no": row.licence_no,
        "kind": row.kind,
        "status": status,
        "status_title": {"ar": words.words.ar, "en": words.words.en},
        "next": {"ar": words.next.ar, "en": words.next.en},
        "valid": status == "valid",
        "trade_name": row.trade_name,
        "activities": row.activities,
        "municipality": row.municipality,
        "town": row.town,
        "issued_on": row.issued_on.isoformat(),
        "expires_on": row.expires_on.isoformat(),
    }
    return with_hijri(view, _DAYS)
