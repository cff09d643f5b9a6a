"""Operations on certificates (insulation, completion, occupancy) and on releases of current, and the answers that show
them."""

from typing import Any

from chassis.call import page_of
from chassis.core import times
from chassis.data.paging import Page
from chassis.http.problems import Problem, as_problem
from permits import events, queries
from permits.api.if_match import in_version_read
from permits.api.views import (
    Body,
    Created,
    View,
    branch_title,
    history_view,
    note_of,
    title_view,
    with_flag_titles,
)
from permits.commands import completion, insulation, occupancy, release_current
from permits.commands.occupancy import OccupancyApplication, OccupancyInspection, Signature
from permits.commands.release_current import SiteInspection
from permits.commands.release_state import course_of
from permits.context import Call
from permits.domain import certificates, offered_actions, release_course
from permits.domain import occupancy as occupancy_rules
from permits.domain.certificates import CompletionRefused
from permits.domain.insulation import ODDITY_TITLES, Oddity, shown_inspector
from permits.domain.searches import ReleaseSearch
from permits.models import Certificate, Release
from saudi.formats import with_hijri


def list_permit_certificates(call: Call, permit_id: str) -> View:
    rows = queries.certificates_of(call.session, call.actor, permit_id)
    return {"items": [certificate_view(row) for row in rows]}


def get_certificate(call: Call, certificate_id: str) -> View:
    return certificate_view(queries.get_certificate(call.session, call.actor, certificate_id))


def open_insulation_certificate(call: Call, permit_id: str, body: Body | None = None) -> Created:
    row = insulation.open_insulation(call.work, permit_id, note=note_of(body))
    return certificate_view(row), 201


@in_version_read
def record_insulation_inspection(call: Call, certificate_id: str, body: Body) -> View:
    seen = insulation.VisitReport(
        stage=body["stage"],
        result=body["result"],
        inspected_on=body["inspected_on"],
        inspector=body["inspector"],
        defects=tuple(body.get("defects") or ()),
        materials=body.get("materials"),
        u_value=body.get("u_value"),
    )
    row = insulation.record_inspection(
        call.work, certificate_id, seen, validity_years=call.settings.insulation_validity_years
    )
    return certificate_view(row)


@in_version_read
def issue_insulation_certificate(call: Call, certificate_id: str, body: Body | None = None) -> View:
    row = insulation.issue_insulation(
        call.work,
        certificate_id,
        valid_until=body.get("valid_until") if body else None,
        validity_years=call.settings.insulation_validity_years,
        note=note_of(body),
    )
    return certificate_view(row)


@in_version_read
def reject_insulation_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = insulation.reject_insulation(call.work, certificate_id, reason=body["reason"])
    return certificate_view(row)


@in_version_read
def void_insulation_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = insulation.void_insulation(call.work, certificate_id, reason=body["reason"])
    return certificate_view(row)


@in_version_read
def revoke_insulation_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = insulation.revoke_insulation(call.work, certificate_id, reason=body["reason"])
    return certificate_view(row)


def issue_completion_certificate(call: Call, permit_id: str, body: Body) -> Created | Problem:
    """Issues the certificate through the gate. A shut gate is answered with its problem, and the transaction is
    committed, because the refusal is recorded."""
    found: dict[str, Any] = {name: body[name] for name in ("inspected_on", "inspector")}
    try:
        row = completion.issue_completion(
            call.work,
            permit_id,
            insulation_certificate_id=body.get("insulation_certificate_id"),
            note=body.get("note"),
            **found,
        )
    except CompletionRefused as refusal:
        completion.record_refusal(call.work, permit_id, refusal, **found)
        return as_problem(refusal)
    return certificate_view(row), 201


def refuse_completion(call: Call, permit_id: str, body: Body) -> Created:
    refused = completion.CompletionRefusal(**{**body, "defects": tuple(body["defects"])})
    row = completion.refuse_completion(call.work, permit_id, refused)
    return certificate_view(row), 201


@in_version_read
def revoke_completion_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = completion.revoke_completion(
        call.work,
        certificate_id,
        reason=body["reason"],
        insulation_years=call.settings.insulation_validity_years,
    )
    return certificate_view(row)


def list_occupancy_certificates(
    call: Call, limit: int, cursor: str | None = None, municipality: str | None = None
) -> View:
    page = page_of(call, limit, cursor)
    return certificate_page(
        queries.pending_occupancies(call.session, call.actor, municipality, page)
    )


def request_occupancy_certificate(call: Call, permit_id: str, body: Body) -> Created:
    asked = OccupancyApplication(
        kind=body["kind"],
        use=body["use"],
        fire_protection=body["fire_protection"],
        owner_address=body["owner_address"],
        occupants=body.get("occupants"),
        note=note_of(body),
    )
    row = occupancy.request_occupancy(call.work, permit_id, asked)
    return certificate_view(row), 201


@in_version_read
def record_occupancy_inspection(call: Call, certificate_id: str, body: Body) -> View:
    seen = OccupancyInspection(
        result=body["result"],
        inspected_on=body["inspected_on"],
        inspector=body["inspector"],
        defects=tuple(body.get("defects") or ()),
    )
    return certificate_view(occupancy.examine(call.work, certificate_id, seen))


@in_version_read
def issue_occupancy_certificate(call: Call, certificate_id: str, body: Body) -> View:
    signed = Signature(
        name=body["signatory"]["name"],
        capacity=body["signatory"]["capacity"],
        valid_until=body.get("valid_until"),
        note=note_of(body),
    )
    return certificate_view(occupancy.issue_occupancy(call.work, certificate_id, signed))


@in_version_read
def reject_occupancy_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = occupancy.reject_occupancy(call.work, certificate_id, reason=body["reason"])
    return certificate_view(row)


@in_version_read
def void_occupancy_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = occupancy.void_occupancy(call.work, certificate_id, reason=body["reason"])
    return certificate_view(row)


@in_version_read
def revoke_occupancy_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = occupancy.revoke_occupancy(call.work, certificate_id, reason=body["reason"])
    return certificate_view(row)


def _certificate_status(row: Certificate) -> tuple[str, str]:
    if row.status == certificates.Status.VOIDED and row.issued_on is None:
        return certificates.VOIDED_BEFORE_ISSUE
    return certificates.STATUS_TITLES[certificates.Status(row.status)]


def _visit_view(record: View) -> View:
    """Returns a visit with the words of its oddities."""
    odd = [(code, ODDITY_TITLES[Oddity(code)]) for code in record["warnings"]]
    return {
        **record,
        "inspector": shown_inspector(record["inspector"]),
        "warnings": [{"code": code, **title_view(title)} for code, title in odd],
    }


def certificate_view(row: Certificate) -> View:
    """Returns the contract's Certificate."""
    record = row.record()
    visits = [{**visit.record(), "warnings": []} for visit in row.inspections]
    shown = {
        "stages": [_visit_view(one) for one in record["stages"]],
        "visits": [_visit_view(one) for one in visits],
    }
    return {
        **with_flag_titles(events.certificate_state(record)),
        **with_hijri(shown, events.DAYS),
        "municipality_title": branch_title(row.municipality),
        "status_title": title_view(_certificate_status(row)),
        "occupancy": _occupancy_view(row),
        "inspector": row.inspector,
        "opened_at": times.shown(row.opened_at),
        "actions": offered_actions.actions_of_certificate(row.kind, row.status),
        "version": row.version,
    }


def _occupancy_view(row: Certificate) -> View | None:
    """Returns the part that only an occupancy certificate has, with the signatory. The owner's address is only on
    the paper."""
    part = row.occupancy
    if part is None:
        return None
    shown = {name: value for name, value in part.items() if name != "signatory"}
    titled = {
        **shown,
        "kind_title": title_view(occupancy_rules.KIND_TITLES[occupancy_rules.Kind(part["kind"])]),
    }
    return {**with_hijri(titled, events.DAYS), "signatory": part.get("signatory")}


def certificate_page(page: Page[Certificate]) -> View:
    """Returns the contract's CertificatePage."""
    items = [certificate_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def list_releases(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    page = page_of(call, limit, cursor)
    return release_page(
        queries.list_releases(call.session, call.actor, ReleaseSearch(**search), page)
    )


def get_release(call: Call, release_id: str) -> View:
    return release_view(queries.get_release(call.session, call.actor, release_id))


def get_release_history(call: Call, release_id: str) -> View:
    return history_view(queries.history_of_release(call.session, call.actor, release_id))


def submit_release(call: Call, permit_id: str, body: Body) -> Created:
    row = release_current.submit_release(
        call.work, permit_id, extent=body["extent"], note=note_of(body)
    )
    return release_view(row), 201


@in_version_read
def record_site_inspection(call: Call, release_id: str, body: Body) -> View:
    seen = SiteInspection(
        result=body["result"],
        inspected_on=body["inspected_on"],
        inspector=body["inspector"],
        defects=tuple(body.get("defects") or ()),
    )
    return release_view(release_current.inspect_site(call.work, release_id, seen))


@in_version_read
def approve_release(call: Call, release_id: str, body: Body) -> View:
    row = release_current.approve_release(
        call.work, release_id, extent=body["extent"], note=note_of(body)
    )
    return release_view(row)


@in_version_read
def withdraw_release_approval(call: Call, release_id: str, body: Body) -> View:
    row = release_current.withdraw_approval(call.work, release_id, reason=body["reason"])
    return release_view(row)


@in_version_read
def return_release(call: Call, release_id: str, body: Body) -> View:
    row = release_current.return_release(call.work, release_id, notes=body["notes"])
    return release_view(row)


@in_version_read
def resubmit_release(call: Call, release_id: str, body: Body | None = None) -> View:
    row = release_current.resubmit_release(
        call.work, release_id, extent=body.get("extent") if body else None, note=note_of(body)
    )
    return release_view(row)


@in_version_read
def ask_full_release(call: Call, release_id: str, body: Body | None = None) -> View:
    row = release_current.ask_full(call.work, release_id, note=note_of(body))
    return release_view(row)


@in_version_read
def refuse_release(call: Call, release_id: str, body: Body) -> View:
    row = release_current.refuse_release(call.work, release_id, reason=body["reason"])
    return release_view(row)


@in_version_read
def cancel_release(call: Call, release_id: str, body: Body) -> View:
    row = release_current.cancel_release(call.work, release_id, reason=body["reason"])
    return release_view(row)


@in_version_read
def order_disconnection(call: Call, release_id: str, body: Body) -> View:
    row = release_current.order_disconnection(call.work, release_id, reason=body["reason"])
    return release_view(row)


@in_version_read
def withdraw_disconnection(call: Call, release_id: str, body: Body) -> View:
    row = release_current.withdraw_disconnection(call.work, release_id, reason=body["reason"])
    return release_view(row)


@in_version_read
def allow_reconnection(call: Call, release_id: str, body: Body) -> View:
    row = release_current.allow_reconnection(call.work, release_id, reason=body["reason"])
    return release_view(row)


def release_view(row: Release) -> View:
    """Returns the contract's Release."""
    title = release_course.STATUS_TITLES[release_course.Status(row.status)]
    return {
        **with_flag_titles(events.release_state(row.record())),
        "municipality_title": branch_title(row.municipality),
        "status_title": title_view(title),
        "actions": offered_actions.actions_of_release(course_of(row), row.status),
        "version": row.version,
    }


def release_page(page: Page[Release]) -> View:
    """Returns the contract's ReleasePage."""
    return {"items": [release_view(row) for row in page.rows], "next_cursor": page.next_cursor}
