"""The command line: `reports open311-keys` and `reports access` make and withdraw API keys of Open311."""

import json
from pathlib import Path

import click

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from reports import queries
from reports.commands.open311 import make_key, withdraw_key
from reports.domain.actors import service_as
from reports.open311 import PATH
from reports.settings import Settings

OPERATIONS = service_as("operations")
MARK = "(بيانات تجريبية)"


@click.group("open311-keys", help="API keys of other systems that file reports by Open311.")
def keys() -> None:
    """Groups the verbs below."""


@keys.command("make", help="Make a key; it's shown once.")
@click.argument("name")
@click.option("--may-close", is_flag=True, help="Its updates may close reports.")
@pass_process
def make(process: Process[Settings, None], name: str, *, may_close: bool) -> None:
    """Prints the key alone, so that a script can take it."""
    with process.transaction() as context:
        _, key = make_key(UnitOfWork.of(context, OPERATIONS), name=name, may_close=may_close)
    click.echo(key)


@keys.command("list", help="All keys, without the keys themselves.")
@pass_process
def show(process: Process[Settings, None]) -> None:
    with process.transaction() as context:
        for row in queries.open311_keys(context.session):
            state = "withdrawn" if row.withdrawn_at else "good"
            closes = " may-close" if row.may_close else ""
            click.echo(f"{row.key_id}  {state}{closes}  {row.name}")


@keys.command("withdraw", help="A key opens nothing from now on.")
@click.argument("key_id", type=click.UUID)
@pass_process
def withdraw(process: Process[Settings, None], key_id: object) -> None:
    """Fails for an unknown id."""
    try:
        with process.transaction() as context:
            withdraw_key(UnitOfWork.of(context, OPERATIONS), str(key_id))
    except NotFound:
        raise click.ClickException("there is no such key") from None


@click.command("access", help="Make a key, and write with it how another system reaches Open311.")
@click.argument("file", type=click.Path(path_type=Path))
@pass_process
def access(process: Process[Settings, None], file: Path) -> None:
    """Writes JSON with `open311: {url, api_key}`, for a system on one machine."""
    with process.transaction() as context:
        _, key = make_key(UnitOfWork.of(context, OPERATIONS), name=f"City app {MARK}")
    url = process.settings.public_url + PATH
    file.write_text(json.dumps({"open311": {"url": url, "api_key": key}}), "utf-8")
