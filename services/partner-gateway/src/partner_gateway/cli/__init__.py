"""Commands of the gateway on the command line: `rebuild`, `audit verify`, `audit sign`."""

import click

from chassis.data.db import Database
from chassis.process import Process, pass_process
from partner_gateway.resources import Resources
from partner_gateway.settings import Settings


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
    from partner_gateway.cli.rebuild import PROJECTIONS
    from partner_gateway.cli.rebuild import rebuild as rebuild_one

    events = rebuild_one(
        PROJECTIONS[projection],
        process.database,
        process.settings,
        click.echo,
        accept_loss=accept_loss,
    )
    click.echo(f"{projection}: rebuilt from {events} events and swapped")


@click.group("audit", help="The record of who looked.")
def audit() -> None:
    return


@audit.command(
    "verify",
    help="Check the record, its links and its signed roots; exit 1 when anything is wrong.",
)
@click.option("--offline", is_flag=True, help="Don't compare with the roots that were published.")
@pass_process
def verify(process: Process[Settings, Resources], offline: bool) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from partner_gateway.record.audit import published_roots
    from partner_gateway.record.audit import verify as find_faults

    settings = process.settings
    published = [] if offline else published_roots(settings.kafka_bootstrap_servers)
    key = Ed25519PrivateKey.from_private_bytes(settings.audit_secret).public_key()
    with Database(settings.database_url, statement_timeout_ms=0).transaction() as session:
        faults = list(find_faults(session, key, published))
    for fault in faults:
        click.echo(fault)
    click.echo(f"{len(faults)} faults; {len(published)} published roots compared")
    raise SystemExit(1 if faults else 0)


@audit.command("sign", help="Sign a root now, rather than within the minute.")
@pass_process
def sign(process: Process[Settings, Resources]) -> None:
    from partner_gateway.record.audit import sign_root

    with process.transaction() as context:
        root = sign_root(context.session, context.settings.audit_secret, context.now, every=0)
        click.echo(f"root {root}")
