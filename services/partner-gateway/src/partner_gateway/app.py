"""The partner gateway, put together."""

from typing import TYPE_CHECKING, Any

from chassis.service import Service, every
from partner_gateway import chores, cli
from partner_gateway.consumers import HANDLERS, revoked
from partner_gateway.context import Call
from partner_gateway.domain import applications, entries, examinations
from partner_gateway.domain.permit_queries import read_kind, read_status
from partner_gateway.feed import sequencer
from partner_gateway.resources import Resources
from partner_gateway.settings import Settings
from partner_gateway.webhooks.posting import WebhookPoster
from saudi.formats import FORMATS

if TYPE_CHECKING:
    from chassis.core.refusals import Fault
    from chassis.data.idempotency import Answer

# Submissions whose callers may prefer to wait for the decision.
WAITING = (
    "submit_licence_application",
    "correct_licence_application",
    "request_licence_renewal",
    "request_licence_cancellation",
    "withdraw_licence_application",
)
SUBMITTED = ("submit_licence_application", "correct_licence_application")


async def _record_denied(call: Call, operation_id: str, reason: str) -> None:
    from partner_gateway.api.permits import record_denied

    await record_denied(call, operation_id, reason)


def _note_replayed(call: Call, operation_id: str) -> None:
    from partner_gateway.api.visits import note_replayed

    note_replayed(call, operation_id)


def _table_faults(call: Call, body: dict[str, Any]) -> "list[Fault]":
    from partner_gateway.commands.submissions import table_faults

    kind, attributes = call.actor.organisation_kind, call.actor.attributes
    return table_faults(call.work, body, kind=kind, attributes=attributes)


async def _decided(call: Call, answer: "Answer", arguments: dict[str, Any]) -> Any:
    from partner_gateway.api.licences import decided

    return await decided(call, answer, arguments)


SERVICE = Service(
    name="partner-gateway",
    package="partner_gateway",
    settings=Settings,
    # The electricity company waits for a permit at the end of this path.
    gather_seconds=0.02,
    api=[
        "partner_gateway.api.changes",
        "partner_gateway.api.entries",
        "partner_gateway.api.examinations",
        "partner_gateway.api.licences",
        "partner_gateway.api.permits",
        "partner_gateway.api.releases",
        "partner_gateway.api.status",
        "partner_gateway.api.webhooks",
    ],
    handlers=HANDLERS,
    formats={**FORMATS, "permit-kind": read_kind, "permit-status": read_status},
    commands=[cli.rebuild, cli.audit],
    on_denied=_record_denied,
    on_replayed=_note_replayed,
    afterwards=dict.fromkeys(WAITING, _decided),
    table_rules=dict.fromkeys(SUBMITTED, _table_faults),
    rules=dict.fromkeys(SUBMITTED, applications.form_faults)
    | dict.fromkeys(entries.OPERATIONS, entries.form_faults)
    | {examinations.SEARCH: examinations.search_faults},
    resources=Resources,
    fast=("find_building_permits", "search_building_permits", "get_building_permit", "find_events"),
    due_times=WebhookPoster.due_times,
    workers={"sequencer": sequencer.run, "webhooks": WebhookPoster.work},
    on_revoked=revoked,
    chores=[
        chores.sign_root,
        every(30, chores.watch_searches),
        every(5, chores.watch_feed),
        every(1, chores.stop_webhooks_without_grant),
        every(30, chores.close_days),
        every(3600, chores.forget_days),
        every(5, chores.watch_entries),
        every(5, chores.publish_examinations_again),
        every(3600, chores.forget_examinations),
        every(600, chores.empty_entries),
        every(60, chores.let_go_old_changes),
        every(300, chores.tidy_webhooks),
    ],
)
