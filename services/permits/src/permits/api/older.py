"""Operations on permits from before the system."""

from permits.api.edge import Body, Created, View, note_of
from permits.api.views import warned_view
from permits.commands import older
from permits.context import Call


def enter_older_permit(call: Call, body: Body) -> Created:
    permit = older.enter(call.session, call.actor, body, now=call.now)
    return warned_view(call, permit), 201


def verify_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = older.verify(
        call.session,
        call.actor,
        permit_id,
        version=body["version"],
        scans=body.get("files", []),
        note=note_of(body),
        now=call.now,
    )
    return warned_view(call, permit)
