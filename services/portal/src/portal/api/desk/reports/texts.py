"""The texts to the reporter of a report: the last ones with their outcome, and the text that an action would send.

`notify` is asked with the person's own token. The pages stand without it.
"""

from collections.abc import Mapping
from typing import Any

from pages.site import Visit
from portal.api.asking import ask, post
from portal.domain import report_actions, tasks
from portal.outside.services import Reply, ServiceAway

_SHOWN = 5
_MOST = 50  # among them the texts to duty officers, which aren't shown
# States of a text that should have reached the reporter and didn't, or of which nobody knows.
NOT_SENT = ("held", "failed", "technical-failure", "expired", "unconfirmed")
Document = Mapping[str, Any]


def sees_texts(visit: Visit) -> bool:
    """Returns whether the person's task includes the texts of reports."""
    return tasks.READ_MESSAGES in visit.known.scopes


def list_texts(visit: Visit, report: Document) -> list[Document] | None:
    """Returns the last texts to the reporter, newest first; None while `notify` is away. Raises TokenRefused."""
    search = {"report": report["report_number"], "limit": _MOST}
    try:
        reply = ask(visit, "/v1/messages", search, service=tasks.NOTIFY)
    except ServiceAway:
        return None
    if reply.is_problem:
        return None
    texts = [one for one in reply.document["items"] if one["role"] == "reporter"]
    return texts[:_SHOWN]


def preview_text(visit: Visit, action: str, report: Document) -> Document | None:
    """Returns the text that an action would send, with `text` None where it can't be shown. None where the action
    sends no text, or the person's task doesn't include texts. Raises TokenRefused."""
    request = report_actions.text_request(action, report)
    if request is None or not sees_texts(visit):
        return None
    if report["reporter"]["mobile"] is None:
        return {"text": None, "why": "desk_text_no_mobile"}
    try:
        reply: Reply | None = post(visit, "/v1/message-previews", request, service=tasks.NOTIFY)
    except ServiceAway:
        reply = None
    if reply is None or reply.is_problem:
        return {"text": None, "why": "desk_text_unknown"}
    preview: Document = reply.document
    return preview
