"""What the municipality does with a licence."""

from collections.abc import Callable

from licences.api import views
from licences.api.edge import Body, View
from licences.commands import licences, receiving
from licences.context import Call
from licences.models import Licence
from licences.queries import licences as known
from saudi.days import legal_day


def suspend_licence(call: Call, licence_no: str, body: Body) -> View:
    return _change(call, licence_no, body, licences.suspend)


def reinstate_licence(call: Call, licence_no: str, body: Body) -> View:
    return _change(call, licence_no, body, licences.reinstate)


def cancel_licence(call: Call, licence_no: str, body: Body) -> View:
    return _change(call, licence_no, body, licences.cancel)


def correct_licence(call: Call, licence_no: str, body: Body) -> View:
    row = licences.correct(
        call.session,
        call.actor,
        licence_no,
        trade_name=dict(body["trade_name"]),
        reason=body["reason"],
        now=call.now,
    )
    return views.licence_view(row, legal_day(call.now))


def renew_licence(call: Call, licence_no: str, body: Body) -> tuple[View, int]:
    licence = known.get_licence(call.session, call.actor, licence_no)
    submission = receiving.at_counter(
        call.actor, licence.municipality, body, licence_no=licence_no, now=call.now
    )
    row = receiving.submit(
        call.session, call.actor, submission, asks=call.resources.asks, now=call.now
    )
    return views.application_view(row), 201


def _change(call: Call, licence_no: str, body: Body, change: Callable[..., Licence]) -> View:
    row = change(call.session, call.actor, licence_no, reason=body["reason"], now=call.now)
    return views.licence_view(row, legal_day(call.now))
