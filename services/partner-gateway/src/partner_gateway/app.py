"""The partner gateway, put together."""

from typing import TYPE_CHECKING, Any

import click

from chassis.data.db import Database
from chassis.process import Process, pass_process
from chassis.service import Service, every
from partner_gateway import chores
from partner_gateway.consumers import HANDLERS, revoked
from partner_gateway.context import Call
from partner_gateway.domain import applications, entries, examinations
from partner_gateway.domain.words import read_kind, read_status
from partner_gateway.feed import sequencer
from partner_gateway.resources import Resources
from partner_gateway.settings import Settings
from partner_gateway.webhooks import challenges, deliveries, telling
from saudi.formats import FORMATS

if TYPE_CHECKING:
    from chassis.data.idempotency import Answer

# Submissions whose callers may prefer to wait for the decision.
WAITING = (
    "submit_licence_application",
    "correct_licence_application",
    "request_licence_renewal",
    "request_licence_cancellation",
)
SUBMITTED = ("submit_licence_application", "correct_licence_application")


async def _record_denied(call: Call, operation_id: str, reason: str) -> None:
    from partner_gateway.api.permits import record_denied

    await record_denied(call, operation_id, reason)


def _note_replayed(call: Call, operation_id: str) -> None:
    from partner_gateway.visits import note_replayed

    note_replayed(call, operation_id)


async def _decided(call: Call, answer: "Answer", arguments: dict[str, Any]) -> Any:
    from partner_gateway.api.licence_applications import decided

    return await decided(call, answer, arguments)


@click.command(
    "rebuild", help="Replay a topic into a new projection beside the live one, then swap them."
)
@click.argument(
    "projection",
    type=click.Choice(
        [
            *("permits", "certificates", "releases", "requests"),
            *("applications", "licences", "activities", "examinees"),
        ]
    ),
)
@click.option(
    "--accept-loss",
    default=0,
    help="Swap though so many rows of the live projection would be gone.",
)
@pass_process
def rebuild(process: Process[Settings, Resources], projection: str, accept_loss: int) -> None:
    from partner_gateway.rebuild import PROJECTIONS
    from partner_gateway.rebuild import rebuild as rebuild_one

    events = rebuild_one(
        PROJECTIONS[projection],
        process.database,
        process.settings,
        click.echo,
        accept_loss=accept_loss,
    )
    click.echo(f"{projection}: rebuilt from {events} events and swapped")


@click.group("audit", help="The record of who looked.")
def audit_group() -> None:
    return


@audit_group.command(
    "verify",
    help="Check the record, its links and its signed roots; exit 1 when anything is wrong.",
)
@click.option("--offline", is_flag=True, help="Don't compare with the roots that were published.")
@pass_process
def verify(process: Process[Settings, Resources], offline: bool) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from partner_gateway import audit

    settings = process.settings
    published = [] if offline else audit.published_roots(settings.kafka_bootstrap_servers)
    key = Ed25519PrivateKey.from_private_bytes(settings.audit_secret).public_key()
    with Database(settings.database_url, statement_timeout_ms=0).transaction() as session:
        faults = list(audit.verify(session, key, published))
    for fault in faults:
        click.echo(fault)
    click.echo(f"{len(faults)} faults; {len(published)} published roots compared")
    raise SystemExit(1 if faults else 0)


@audit_group.command("sign", help="Sign a root now, rather than within the minute.")
@pass_process
def sign(process: Process[Settings, Resources]) -> None:
    from partner_gateway.audit import sign_root

    with process.transaction() as context:
        root = sign_root(context.session, context.settings.audit_secret, context.now, every=0)
        click.echo(f"root {root}")


SERVICE = Service(
    name="partner-gateway",
    package="partner_gateway",
    settings=Settings,
    api=[
        "partner_gateway.api.days",
        "partner_gateway.api.entries",
        "partner_gateway.api.events",
        "partner_gateway.api.examinations",
        "partner_gateway.api.licence_applications",
        "partner_gateway.api.licences",
        "partner_gateway.api.permits",
        "partner_gateway.api.record",
        "partner_gateway.api.status",
        "partner_gateway.api.webhooks",
    ],
    handlers=HANDLERS,
    formats={**FORMATS, "permit-kind": read_kind, "permit-status": read_status},
    commands=[rebuild, audit_group],
    on_denied=_record_denied,
    on_replayed=_note_replayed,
    afterwards=dict.fromkeys(WAITING, _decided),
    rules=dict.fromkeys(SUBMITTED, applications.form_faults)
    | dict.fromkeys(entries.OPERATIONS, entries.form_faults)
    | {examinations.SEARCH: examinations.search_faults},
    resources=Resources,
    fast=("find_building_permits", "search_building_permits", "get_building_permit", "find_events"),
    put_off={telling.WORKER: deliveries.leave, telling.CHALLENGES: challenges.leave},
    workers={"sequencer": sequencer.run, "webhooks": telling.run},
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
