"""Operations on certificates."""

from typing import Any

from chassis.http.problems import Problem, as_problem
from permits import queries
from permits.api.edge import Body, Created, View, note_of
from permits.api.views import certificate_view
from permits.commands import completion, insulation
from permits.context import Call
from permits.domain.certificates import CompletionRefused


def list_permit_certificates(call: Call, permit_id: str) -> View:
    rows = queries.certificates_of(call.session, call.actor, permit_id)
    return {"items": [certificate_view(row) for row in rows]}


def get_certificate(call: Call, certificate_id: str) -> View:
    return certificate_view(queries.get_certificate(call.session, call.actor, certificate_id))


def open_insulation_certificate(call: Call, permit_id: str, body: Body | None = None) -> Created:
    row = insulation.open_insulation(
        call.session, call.actor, permit_id, note=note_of(body), now=call.now
    )
    return certificate_view(row), 201


def record_insulation_inspection(call: Call, certificate_id: str, body: Body) -> View:
    seen = insulation.Seen(
        stage=body["stage"],
        result=body["result"],
        inspected_on=body["inspected_on"],
        inspector=body["inspector"],
        defects=tuple(body.get("defects") or ()),
        materials=body.get("materials"),
        u_value=body.get("u_value"),
    )
    row = insulation.record_inspection(
        call.session,
        call.actor,
        certificate_id,
        seen,
        validity_years=call.settings.insulation_validity_years,
        now=call.now,
    )
    return certificate_view(row)


def issue_insulation_certificate(call: Call, certificate_id: str, body: Body | None = None) -> View:
    row = insulation.issue_insulation(
        call.session,
        call.actor,
        certificate_id,
        valid_until=body.get("valid_until") if body else None,
        validity_years=call.settings.insulation_validity_years,
        note=note_of(body),
        now=call.now,
    )
    return certificate_view(row)


def reject_insulation_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = insulation.reject_insulation(
        call.session, call.actor, certificate_id, reason=body["reason"], now=call.now
    )
    return certificate_view(row)


def void_insulation_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = insulation.void_insulation(
        call.session, call.actor, certificate_id, reason=body["reason"], now=call.now
    )
    return certificate_view(row)


def revoke_insulation_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = insulation.revoke_insulation(
        call.session, call.actor, certificate_id, reason=body["reason"], now=call.now
    )
    return certificate_view(row)


def issue_completion_certificate(call: Call, permit_id: str, body: Body) -> Created | Problem:
    """A shut gate is answered with its problem, and what it answered is kept: the transaction is committed."""
    found: dict[str, Any] = {name: body[name] for name in ("inspected_on", "inspector")}
    try:
        row = completion.issue_completion(
            call.session,
            call.actor,
            permit_id,
            **found,
            insulation_certificate_id=body.get("insulation_certificate_id"),
            note=body.get("note"),
            now=call.now,
        )
    except CompletionRefused as refusal:
        completion.record_refusal(
            call.session, call.actor, permit_id, refusal, **found, now=call.now
        )
        return as_problem(refusal)
    return certificate_view(row), 201


def refuse_completion(call: Call, permit_id: str, body: Body) -> Created:
    refused = completion.Refused(**{**body, "defects": tuple(body["defects"])})
    row = completion.refuse_completion(call.session, call.actor, permit_id, refused, now=call.now)
    return certificate_view(row), 201


def revoke_completion_certificate(call: Call, certificate_id: str, body: Body) -> View:
    row = completion.revoke_completion(
        call.session,
        call.actor,
        certificate_id,
        reason=body["reason"],
        insulation_years=call.settings.insulation_validity_years,
        now=call.now,
    )
    return certificate_view(row)
