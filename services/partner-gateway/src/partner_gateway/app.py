"""The partner gateway, put together."""

from datetime import UTC, datetime
from typing import Any

import click
from prometheus_client import Gauge
from sqlalchemy.orm import Session

from chassis import quotas
from chassis.db import Database
from chassis.service import Service, every
from partner_gateway.consumers import HANDLERS
from partner_gateway.settings import Settings, process_settings

SUSPECTS = Gauge(
    "civil_id_search_suspects", "Employees who searched for too many people within an hour"
)


def _parts(database: Database, settings: Settings) -> Any:
    from partner_gateway.parts import Parts

    return Parts(database, settings)


def _record_denied(call: Any, operation_id: str, reason: str) -> None:
    from partner_gateway.api import record_denied

    record_denied(call, operation_id, reason)


def _sign_root(session: Session) -> None:
    from partner_gateway.audit import sign_root

    sign_root(session, process_settings().audit_secret, datetime.now(UTC))


def _watch_searches(session: Session) -> None:
    from partner_gateway.queries import suspects

    SUSPECTS.set(len(suspects(session, process_settings().civil_ids_per_hour_alarm)))


@click.command(
    "rebuild", help="Replay a topic into a new projection beside the live one, then swap them."
)
@click.argument("projection", type=click.Choice(["permits"]))
def rebuild(projection: str) -> None:
    from partner_gateway.rebuild import rebuild_permits

    settings = process_settings()
    events = rebuild_permits(Database(settings.database_url), settings, click.echo)
    click.echo(f"{projection}: rebuilt from {events} events and swapped")


@click.group("audit", help="The record of who looked.")
def audit_group() -> None:
    return


@audit_group.command(
    "verify",
    help="Check the record, its links and its signed roots; exit 1 when anything is wrong.",
)
@click.option("--offline", is_flag=True, help="Don't compare with the roots that were published.")
def verify(offline: bool) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from partner_gateway import audit

    settings = process_settings()
    published = [] if offline else audit.published_roots(settings.kafka_bootstrap_servers)
    key = Ed25519PrivateKey.from_private_bytes(settings.audit_secret).public_key()
    with Database(settings.database_url, statement_timeout_ms=0).transaction() as session:
        faults = list(audit.verify(session, key, published))
    for fault in faults:
        click.echo(fault)
    click.echo(f"{len(faults)} faults; {len(published)} published roots compared")
    raise SystemExit(1 if faults else 0)


@audit_group.command("sign", help="Sign a root now, rather than within the minute.")
def sign() -> None:
    from partner_gateway.audit import sign_root

    with Database(process_settings().database_url).transaction() as session:
        click.echo(
            f"root {sign_root(session, process_settings().audit_secret, datetime.now(UTC), every=0)}"
        )


SERVICE = Service(
    name="partner-gateway",
    package="partner_gateway",
    settings=Settings,
    handlers=HANDLERS,
    commands=[rebuild, audit_group],
    on_denied=_record_denied,
    parts=_parts,
    chores=[_sign_root, every(30, _watch_searches), every(600, quotas.purge)],
)
