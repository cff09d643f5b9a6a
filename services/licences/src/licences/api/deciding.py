"""What officers and inspectors do with an application."""

from datetime import date

from licences.api import views
from licences.api.edge import Body, View
from licences.commands import receiving, reviewing
from licences.context import Call
from licences.domain.actors import bound
from licences.models import Application
from licences.queries import applications


def submit_application(call: Call, body: Body) -> tuple[View, int]:
    """At the counter of a municipality; the governorate's takes it for the municipality of the place."""
    own = bound(call.actor)
    municipality = receiving.municipality_of(body) if own is None else own
    row = receiving.submit(
        call.session,
        call.actor,
        receiving.at_counter(call.actor, municipality, body, now=call.now),
        asks=call.resources.asks,
        now=call.now,
    )
    return _answer(row), 201


def correct_application(call: Call, application_id: str, body: Body) -> View:
    applications.get_application(call.session, call.actor, application_id)
    row = receiving.correct(
        call.session,
        call.actor,
        application_id,
        body,
        asks=call.resources.asks,
        now=call.now,
    )
    return _answer(row)


def verify_document(call: Call, application_id: str, body: Body) -> View:
    row = reviewing.verify_document(
        call.session,
        call.actor,
        application_id,
        name=body["fact"],
        value=body["value"],
        document=body["document"],
        valid_until=body.get("valid_until"),
        now=call.now,
    )
    return _answer(row)


def return_application(call: Call, application_id: str, body: Body) -> View:
    row = reviewing.return_application(
        call.session, call.actor, application_id, reasons=body["reasons"], now=call.now
    )
    return _answer(row)


def order_inspection(call: Call, application_id: str, body: Body) -> View:
    due_on: date | None = body.get("due_on")
    row = reviewing.order_inspection(
        call.session,
        call.actor,
        application_id,
        due_on=due_on,
        note=body.get("note"),
        now=call.now,
    )
    return _answer(row)


def record_inspection(call: Call, application_id: str, body: Body) -> View:
    row = reviewing.record_inspection(
        call.session,
        call.actor,
        application_id,
        passed=body["passed"],
        inspected_on=body["inspected_on"],
        note=body["note"],
        now=call.now,
    )
    return _answer(row)


def approve_application(call: Call, application_id: str, body: Body) -> View:
    row = reviewing.approve(
        call.session,
        call.actor,
        application_id,
        reason=body["reason"],
        asks=call.resources.asks,
        now=call.now,
    )
    return _answer(row)


def refuse_application(call: Call, application_id: str, body: Body) -> View:
    row = reviewing.refuse(
        call.session, call.actor, application_id, reason=body["reason"], now=call.now
    )
    return _answer(row)


def withdraw_application(call: Call, application_id: str, body: Body) -> View:
    applications.get_application(call.session, call.actor, application_id)
    row = receiving.withdraw(
        call.session, call.actor, application_id, reason=body["reason"], now=call.now
    )
    return _answer(row)


def _answer(row: Application) -> View:
    return views.application_view(row)
