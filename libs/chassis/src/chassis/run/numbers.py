"""`<service> numbers`: whether every drawn number is on a document or voided with a reason."""

import sys
from typing import Any

import click

from chassis.core.refusals import Refusal
from chassis.core.times import rfc3339
from chassis.data.numbers import Finding, Number, NumberInUse, check, void
from chassis.process import Process, pass_process
from chassis.service import Service


def numbers(service: Service) -> click.Group:
    """Returns the group of commands on the service's number series."""

    @click.group("numbers", help="Numbers of documents: a series per kind, branch and year.")
    def group() -> None:
        return

    @group.command("check", help="List what no document bears; exit 1 if any of it is unexplained.")
    @pass_process
    def check_numbers(process: Process[Any, Any]) -> None:
        with process.database.snapshot() as session:
            findings = check(session, service.numbers)
        for finding in findings:
            click.echo(_line(finding))
        unexplained = sum(not finding.is_explained for finding in findings)
        click.echo(f"{len(findings)} numbers to explain, {unexplained} of them unexplained")
        sys.exit(1 if unexplained else 0)

    @group.command("void", help="Explain a number that no document bears.")
    @click.argument("series", type=click.Choice(sorted(service.numbers)))
    @click.argument("branch")
    @click.argument("year", type=int)
    @click.argument("number", type=int)
    @click.option("--reason", required=True, help="Why no document bears it.")
    @click.option("--by", required=True, help="Who decided it.")
    @pass_process
    def void_number(
        process: Process[Any, Any],
        series: str,
        branch: str,
        year: int,
        number: int,
        reason: str,
        by: str,
    ) -> None:
        which = Number(series, branch, year, number)
        try:
            with process.transaction() as context:
                documents = service.numbers[series]
                void(context.session, which, documents, reason=reason, by=by, now=context.now)
        except NumberInUse:
            sys.exit(f"{_name(which)}: a document bears it")
        except Refusal as refusal:
            sys.exit(f"{_name(which)}: {refusal}")
        click.echo(f"{_name(which)}: voided")

    return group


def _line(finding: Finding) -> str:
    if not finding.is_drawn:
        return f"{_name(finding.number)}\tNEVER DRAWN: a document bears it all the same"
    if finding.reason is None or finding.voided_at is None:
        return f"{_name(finding.number)}\tMISSING"
    voided = f"voided {rfc3339(finding.voided_at)} by {finding.voided_by}: {finding.reason}"
    all_the_same = "BORNE: a document bears it all the same; " if finding.is_borne else ""
    return f"{_name(finding.number)}\t{all_the_same}{voided}"


def _name(number: Number) -> str:
    return f"{number.series}\t{number.branch}\t{number.year}/{number.number}"
