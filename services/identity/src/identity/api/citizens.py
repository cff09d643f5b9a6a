"""Administration of citizens: found by number, suspended, reinstated."""

from typing import Any

from chassis.core.refusals import NotFound, not_blank
from chassis.data.aggregates import record_action
from identity import queries
from identity.api.views import citizen_view, history_view
from identity.commands import citizens
from identity.context import Call
from identity.domain.actions import Action

Body = dict[str, Any]


def search_citizen(call: Call, body: Body) -> Body:
    reason = not_blank(body["reason"], "reason")
    citizen = citizens.find_citizen(call.session, body["id_number"])
    if citizen is None:
        raise NotFound
    record_action(call.session, citizen, call.actor, Action.FIND, now=call.now, note=reason)
    return citizen_view(citizen)


def read_citizen(call: Call, citizen_id: str) -> Body:
    return citizen_view(queries.citizen(call.session, citizen_id))


def read_citizen_history(call: Call, citizen_id: str) -> Body:
    return history_view(queries.history(call.session, queries.citizen(call.session, citizen_id)))


def suspend_citizen(call: Call, citizen_id: str, body: Body) -> Body:
    row = citizens.suspend_citizen(call.work, citizen_id, reason=body["reason"])
    return citizen_view(row)


def reinstate_citizen(call: Call, citizen_id: str) -> Body:
    row = citizens.reinstate_citizen(call.work, citizen_id)
    return citizen_view(row)
