"""`health-certs explain NO`: where a request stands, each condition in words; never a result."""

import click
from sqlalchemy import select

from chassis.core.states import state
from chassis.process import Process, pass_process
from health_certs.commands import deciding
from health_certs.domain.decision import told
from health_certs.domain.inquiry import TRANSACTION
from health_certs.domain.requests import CONDITIONS
from health_certs.models import Request
from health_certs.resources import Resources
from health_certs.settings import Settings


@click.command(
    "explain", help="Where a request for a health certificate stands, condition by condition."
)
@click.argument("number")
@click.option("--language", type=click.Choice(["ar", "en"]), default="ar", show_default=True)
@pass_process
def command(process: Process[Settings, Resources], number: str, language: str) -> None:
    """An operator is no reader of results: of the examination nothing is told."""
    with process.transaction() as context:
        row = context.session.scalar(select(Request).where(Request.request_no == number))
        if row is None:
            raise click.ClickException("no request has this number")
        decision = deciding.public_decision_of(context.session, row, now=context.now)
        found = told(decision, knows_result=False, ended=row.ended_at is not None)
        words = state(TRANSACTION, row.status).words
    click.echo(f"{row.request_no}  {words.in_language(language)}")
    for one in found:
        mark = {True: "+", False: "-", None: "?"}[one["satisfied"]]
        source = one["source"]
        known = f" ({source['kind']}, {source['known_at']})" if source else ""
        click.echo(f"{mark} {CONDITIONS[one['code']][language]}{known}")
