"""The service's own commands on the command line: `health-certs explain NO`."""

import click
from sqlalchemy import select

from chassis.core.states import state
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from health_certs.commands.decide import public_decision
from health_certs.commands.recording import SYSTEM
from health_certs.domain.decision import visible_conditions
from health_certs.domain.requests import CONDITIONS, REQUEST_KIND
from health_certs.models import Request
from health_certs.resources import Resources
from health_certs.settings import Settings


@click.command(
    "explain", help="Where a request for a health certificate stands, condition by condition."
)
@click.argument("number")
@click.option("--language", type=click.Choice(["ar", "en"]), default="ar", show_default=True)
@pass_process
def explain(process: Process[Settings, Resources], number: str, language: str) -> None:
    """Shows each condition without the examination: an operator may not read results."""
    with process.transaction() as context:
        row = context.session.scalar(select(Request).where(Request.request_no == number))
        if row is None:
            raise click.ClickException("no request has this number")
        decision = public_decision(UnitOfWork.of(context, SYSTEM), row)
        ended = row.ended_at is not None
        conditions = visible_conditions(decision, knows_result=False, ended=ended)
        words = state(REQUEST_KIND, row.status).words
    click.echo(f"{row.request_no}  {words.in_language(language)}")
    for one in conditions:
        mark = {True: "+", False: "-", None: "?"}[one["satisfied"]]
        source = one["source"]
        known = f" ({source['kind']}, {source['known_at']})" if source else ""
        click.echo(f"{mark} {CONDITIONS[one['code']].in_language(language)}{known}")
