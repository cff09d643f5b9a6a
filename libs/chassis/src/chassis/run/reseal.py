"""`<service> reseal`: the step between two keys."""

import importlib
from typing import Any

import click

from chassis.data.sealed import reseal
from chassis.process import Process, pass_process


@click.command("reseal", help="Seal personal data anew under the current keys.")
@pass_process
def command(process: Process[Any, Any]) -> None:
    """For the sealed columns of all models of the service."""
    models = importlib.import_module(f"{process.service.package}.models")
    count = reseal(process.database, models.Base.registry.mappers, click.echo)
    click.echo(f"{count} rows sealed anew")
