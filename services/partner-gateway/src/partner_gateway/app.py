"""The partner gateway, put together."""

from typing import Any

import click

from chassis.service import Service
from partner_gateway import audit
from partner_gateway.consumers import HANDLERS
from partner_gateway.settings import Settings


def _record_denied(call: Any, operation_id: str, reason: str) -> None:
    from partner_gateway.api import record_denied

    record_denied(call, operation_id, reason)


@click.command(
    "rebuild", help="Replay a topic into a new projection beside the live one, then swap them."
)
@click.argument("projection", type=click.Choice(["permits"]))
def rebuild(projection: str) -> None:
    from chassis.db import Database
    from partner_gateway.rebuild import rebuild_permits

    settings = Settings.load("partner-gateway")
    events = rebuild_permits(Database(settings.database_url), settings, click.echo)
    click.echo(f"{projection}: rebuilt from {events} events and swapped")


@click.group("audit", help="The record of who looked.")
def audit_group() -> None:
    return


@audit_group.command(
    "verify", help="Check the chain over the record; exit 1 when anything is wrong with it."
)
def verify() -> None:
    from chassis.db import Database

    with Database(
        Settings.load("partner-gateway").database_url, statement_timeout_ms=0
    ).transaction() as session:
        faults = list(audit.verify(session))
    for fault in faults:
        click.echo(fault)
    click.echo(f"{len(faults)} faults")
    raise SystemExit(1 if faults else 0)


SERVICE = Service(
    name="partner-gateway",
    package="partner_gateway",
    settings=Settings,
    handlers=HANDLERS,
    commands=[rebuild, audit_group],
    on_denied=_record_denied,
    chores=[audit.link],
)
