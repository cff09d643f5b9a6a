"""Operations on occupancy certificates."""

from chassis.call import page_of
from permits import queries
from permits.api.edge import Body, Created, View, note_of
from permits.api.views import certificate_page, certificate_view
from permits.commands import occupancy
from permits.commands.occupancy import Asked, Examined, Signed
from permits.context import Call


def list_occupancy_certificates(
    call: Call, limit: int, cursor: str | None = None, municipality: str | None = None
) -> View:
    page = page_of(call, limit, cursor)
    return certificate_page(
        queries.pending_occupancies(call.session, call.actor, municipality, page)
    )


def request_occupancy_certificate(call: Call, permit_id: str, body: Body) -> Created:
    asked = Asked(
        kind=body["kind"],
        use=body["use"],
        fire_protection=body["fire_protection"],
        owner_address=body["owner_address"],
        occupants=body.get("occupants"),
        note=note_of(body),
    )
    row = occupancy.request_occupancy(call.session, call.actor, permit_id, asked, now=call.now)
    return certificate_view(row), 201


def record_occupancy_inspection(call: Call, certificate_id: str, body: Body) -> View:
    seen = Examined(
        result=body["result"],
        inspected_on=body["inspected_on"],
        inspector=body["inspector"],
        defects=tuple(body.get("defects") or ()),
    )
    return certificate_view(
        occupancy.examine(call.session, call.actor, certificate_id, seen, now=call.now)
    )


def issue_occupancy_certificate(call: Call, certificate_id: str, body: Body) -> View:
    signed = Signed(
        name=body["signatory"]["name"],
        capacity=body["signatory"]["capacity"],
        valid_until=body.get("valid_until"),
        note=note_of(body),
    )
    return certificate_view(
        occupancy.issue_occupancy(call.session, call.actor, certificate_id, signed, now=call.now)
    )


def reject_occupancy_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = occupancy.reject_occupancy(
        call.session, call.actor, certificate_id, reason=body["reason"], now=call.now
    )
    return certificate_view(row)


def void_occupancy_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = occupancy.void_occupancy(
        call.session, call.actor, certificate_id, reason=body["reason"], now=call.now
    )
    return certificate_view(row)


def revoke_occupancy_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = occupancy.revoke_occupancy(
        call.session, call.actor, certificate_id, reason=body["reason"], now=call.now
    )
    return certificate_view(row)
