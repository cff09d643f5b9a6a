"""What officers see of messages."""

from typing import Any

from chassis.call import page_of
from notify import queries
from notify.context import Call
from notify.models import Message
from saudi.mobiles import mask_mobile

View = dict[str, Any]


def list_messages(
    call: Call,
    limit: int,
    cursor: str | None = None,
    report: str | None = None,
    state: str | None = None,
) -> View:
    page = page_of(call, limit, cursor)
    found = queries.list_messages(call.session, page, report=report, state=state)
    return {"items": [_view(row) for row in found.rows], "next_cursor": found.next_cursor}


def get_message(call: Call, message_id: str) -> View:
    return _view(queries.get_message(call.session, message_id))


def _view(row: Message) -> View:
    recipient = mask_mobile(row.recipient) if row.recipient else None
    return {**row.record(), "recipient": recipient, "text": row.text_public}
