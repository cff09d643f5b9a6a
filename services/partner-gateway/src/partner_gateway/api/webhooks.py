"""An organisation's webhooks, for its administrator."""

from typing import Any

from chassis.call import page_of
from partner_gateway.api.visits import charge_look
from partner_gateway.context import Call
from partner_gateway.feed.readers import Reader
from partner_gateway.models import Webhook
from partner_gateway.webhooks import address_tests, commands, reads

# An answer with a secret is kept by nobody on the way.
_UNKEPT = {"Cache-Control": "no-store"}


def list_webhooks(call: Call) -> dict[str, Any]:
    """GET. Raises LimitReached, as all of these do."""
    charge_look(call)
    rows = reads.webhooks(call.session, call.actor.organisation)
    return {"items": [reads.shown(call.session, row) for row in rows]}


def register_webhook(call: Call, body: dict[str, Any]) -> Any:
    """POST. Raises InvalidFields, WebhooksFull and WebhookRegistered."""
    charge_look(call)
    reader, outgoing = Reader.of(call.actor), call.resources.outgoing
    row = commands.register(call.work, reader, body["url"], outgoing=outgoing)
    return _with_secret(call, row), 201, _UNKEPT


def get_webhook(call: Call, webhook_id: str) -> dict[str, Any]:
    """GET. Raises NotFound."""
    charge_look(call)
    row = reads.webhook(call.session, call.actor.organisation, webhook_id)
    return reads.shown(call.session, row)


def challenge_webhook(call: Call, webhook_id: str) -> Any:
    """POST: the worker asks the address. Raises NotFound, WebhookRemoved and EventsGone."""
    charge_look(call)
    reader, cursors = Reader.of(call.actor), call.settings.feed_cursors
    row = commands.ask_challenge(call.work, call.actor, reader, webhook_id, cursors=cursors)
    return reads.shown(call.session, row), 202


def test_webhook(call: Call, webhook_id: str) -> Any:
    """POST: the worker posts a test delivery. Raises NotFound, WebhookRemoved and WebhookNotActive."""
    charge_look(call)
    row = address_tests.ask_test(call.work, Reader.of(call.actor), webhook_id)
    return reads.shown(call.session, row), 202


def rotate_webhook_secret(call: Call, webhook_id: str) -> Any:
    """POST. Raises NotFound and WebhookRemoved."""
    charge_look(call)
    row = commands.rotate_secret(call.work, call.actor.organisation, webhook_id)
    return _with_secret(call, row), 200, _UNKEPT


def replay_webhook(call: Call, webhook_id: str, body: dict[str, Any]) -> Any:
    """POST. Raises NotFound, WebhookRemoved, InvalidFields and EventsGone."""
    charge_look(call)
    reader, cursors = Reader.of(call.actor), call.settings.feed_cursors
    row = commands.replay(call.work, reader, webhook_id, after=body["after"], cursors=cursors)
    return reads.shown(call.session, row), 202


def remove_webhook(call: Call, webhook_id: str) -> dict[str, Any]:
    """POST. Raises NotFound and WebhookRemoved."""
    charge_look(call)
    row = commands.remove(call.work, call.actor.organisation, webhook_id)
    return reads.shown(call.session, row)


def find_deliveries(
    call: Call, webhook_id: str, limit: int, state: str | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """GET. Raises NotFound and InvalidFields."""
    charge_look(call)
    reads.webhook(call.session, call.actor.organisation, webhook_id)
    page = reads.deliveries(call.session, webhook_id, state, page_of(call, limit, cursor))
    cursors, reader = call.settings.feed_cursors, Reader.of(call.actor)
    items = reads.shown_deliveries(call.session, page.rows, cursors, reader)
    return {"items": items, "next_cursor": page.next_cursor}


def _with_secret(call: Call, row: Webhook) -> dict[str, Any]:
    return {"webhook": reads.shown(call.session, row), "secret": row.secret}
