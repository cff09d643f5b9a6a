"""Operations on certificates."""

from datetime import date

from chassis.call import Call
from permits import commands, queries
from permits.api.edge import Answer, Body, note_of
from permits.api.views import certificate_view


def list_permit_certificates(call: Call, permit_id: str) -> Answer:
    rows = queries.certificates_of(call.session, call.actor, permit_id)
    return {"items": [certificate_view(row) for row in rows]}


def get_certificate(call: Call, certificate_id: str) -> Answer:
    return certificate_view(queries.get_certificate(call.session, call.actor, certificate_id))


def open_insulation_certificate(call: Call, permit_id: str, body: Body | None = None) -> Answer:
    row = commands.open_insulation(
        call.session, call.actor, permit_id, note=note_of(body), now=call.now
    )
    return certificate_view(row), 201


def record_insulation_inspection(call: Call, certificate_id: str, body: Body) -> Answer:
    row = commands.record_inspection(
        call.session,
        call.actor,
        certificate_id,
        stage=body["stage"],
        result=body["result"],
        inspected_on=date.fromisoformat(body["inspected_on"]),
        inspector=body["inspector"],
        materials=body.get("materials"),
        u_value=body.get("u_value"),
        now=call.now,
    )
    return certificate_view(row)


def issue_insulation_certificate(
    call: Call, certificate_id: str, body: Body | None = None
) -> Answer:
    until = body.get("valid_until") if body else None
    row = commands.issue_insulation(
        call.session,
        call.actor,
        certificate_id,
        valid_until=date.fromisoformat(until) if until else None,
        validity_years=call.settings.insulation_validity_years,
        note=note_of(body),
        now=call.now,
    )
    return certificate_view(row)


def reject_insulation_certificate(call: Call, certificate_id: str, body: Body) -> Answer:
    row = commands.reject_insulation(
        call.session, call.actor, certificate_id, reason=body["reason"], now=call.now
    )
    return certificate_view(row)


def void_insulation_certificate(call: Call, certificate_id: str, body: Body) -> Answer:
    row = commands.void_insulation(
        call.session, call.actor, certificate_id, reason=body["reason"], now=call.now
    )
    return certificate_view(row)


def revoke_insulation_certificate(call: Call, certificate_id: str, body: Body) -> Answer:
    row = commands.revoke_insulation(
        call.session, call.actor, certificate_id, reason=body["reason"], now=call.now
    )
    return certificate_view(row)


def issue_completion_certificate(call: Call, permit_id: str, body: Body) -> Answer:
    row = commands.issue_completion(
        call.session,
        call.actor,
        permit_id,
        inspected_on=date.fromisoformat(body["inspected_on"]),
        inspector=body["inspector"],
        insulation_certificate_id=body.get("insulation_certificate_id"),
        note=body.get("note"),
        now=call.now,
    )
    return certificate_view(row), 201


def revoke_completion_certificate(call: Call, certificate_id: str, body: Body) -> Answer:
    row = commands.revoke_completion(
        call.session, call.actor, certificate_id, reason=body["reason"], now=call.now
    )
    return certificate_view(row)
