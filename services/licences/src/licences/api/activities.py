"""The table of activities."""

from licences import rulebook
from licences.api.edge import View
from licences.context import Call


def list_activities(call: Call) -> View:
    return {"items": [row.state for row in rulebook.list_activities(call.session)]}


def get_activity(call: Call, code: str) -> View:
    return rulebook.get_activity(call.session, code).state
