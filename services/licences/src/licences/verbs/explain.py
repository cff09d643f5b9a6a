"""`licences explain NO`: why a licence was issued, or where an application stands, each condition in words."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.process import Process, pass_process
from licences.api.views import explanation_view
from licences.models import Application, Licence
from licences.resources import Resources
from licences.settings import Settings


@click.command("explain", help="Why a licence or an application was decided as it was.")
@click.argument("number")
@click.option("--language", type=click.Choice(["ar", "en"]), default="ar", show_default=True)
@pass_process
def command(process: Process[Settings, Resources], number: str, language: str) -> None:
    """`number`: of a licence or of an application."""
    with process.transaction() as context:
        decision = _decision(context.session, number)
        if decision is None:
            raise click.ClickException("no licence and no decided application has this number")
        told = explanation_view(decision)
    click.echo(f"{told['outcome']}  {told['decided_at']}  {told['rules']}")
    for one in told["conditions"]:
        mark = {True: "+", False: "-", None: "?"}[one["satisfied"]]
        click.echo(f"{mark} {one[language]}")
    for line in told["fee"]:
        click.echo(f"  {line[language]}: {line['amount']} ({line['because'][language]})")


def _decision(session: Session, number: str) -> dict[str, object] | None:
    licence = session.scalar(select(Licence).where(Licence.licence_no == number))
    if licence is not None:
        found: dict[str, object] | None = licence.decision
        return found
    row = session.scalar(select(Application).where(Application.application_no == number))
    return row.decision if row is not None else None
