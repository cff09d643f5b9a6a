"""The service's own commands on the command line.

`licences rules list | load`: the versions of the rules. `licences explain NO`: why a licence was issued, or where an
application stands. `licences replay --rules FILE`: which decisions other rules would change.
"""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.texts import fault_text
from chassis.process import Process, pass_process
from licences.api.rule_files import DocumentBefore, read_rule_file
from licences.api.views import explanation_view
from licences.catalogue import document_before
from licences.commands.replay import replay_decisions
from licences.commands.rules import RuleFile, load_rules
from licences.domain.replay import Change
from licences.domain.rule_versions import RulesKnown
from licences.models import Application, Licence
from licences.queries.rules import all_rule_versions
from licences.resources import Resources
from licences.settings import Settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("rules", help="The versions of the rules.")
def rules_command() -> None:
    pass


@rules_command.command("list", help="Which versions there are, the newest first.")
@pass_process
def list_rules(process: Process[Settings, Resources]) -> None:
    with process.transaction() as context:
        for row in all_rule_versions(context.session):
            by = row.loaded_by or row.proposed_by
            click.echo(f"{row.name}  {row.status}  from {row.effective_from}  by {by}")


@rules_command.command("load", help="Load a version from a file; it holds from its day on.")
@click.argument("file", type=FILE)
@pass_process
def load_rules_file(process: Process[Settings, Resources], file: Path) -> None:
    with process.transaction() as context:
        work = UnitOfWork.of(context, SystemActor("command", "licences"))
        try:
            before = partial(document_before, context.session)
            row = load_rules(work, read_file(file, document_before=before))
        except RulesKnown as error:
            raise click.ClickException("there is a version of this name") from error
        click.echo(f"{row.name} holds from {row.effective_from}")


def read_file(file: Path, *, document_before: DocumentBefore | None = None) -> RuleFile:
    """Returns the version in a file, without loading it; `document_before` as in `read_rule_file`. Raises
    ClickException, which names each fault."""
    try:
        return read_rule_file(file.read_bytes(), document_before=document_before)
    except InvalidFields as error:
        faults = [fault_text(one.code, one.params, "en") for one in error.faults]
        raise click.ClickException("\n".join(faults)) from error


@click.command("explain", help="Why a licence or an application was decided as it was.")
@click.argument("number")
@click.option("--language", type=click.Choice(["ar", "en"]), default="ar", show_default=True)
@pass_process
def explain_command(process: Process[Settings, Resources], number: str, language: str) -> None:
    """Prints each condition of the decision in words. `number`: of a licence or of an application."""
    with process.transaction() as context:
        decision = _decision_of(context.session, number)
        if decision is None:
            raise click.ClickException("no licence and no decided application has this number")
        told = explanation_view(decision)
    click.echo(f"{told['outcome']}  {told['decided_at']}  {told['rules']}")
    for one in told["conditions"]:
        mark = {True: "+", False: "-", None: "?"}[one["satisfied"]]
        click.echo(f"{mark} {one[language]}")
    for line in told["fee"]:
        click.echo(f"  {line[language]}: {line['amount']} ({line['because'][language]})")


def _decision_of(session: Session, number: str) -> dict[str, object] | None:
    licence = session.scalar(select(Licence).where(Licence.licence_no == number))
    if licence is not None:
        found: dict[str, object] | None = licence.decision
        return found
    row = session.scalar(select(Application).where(Application.application_no == number))
    return row.decision if row is not None else None


@click.command("replay", help="Which decisions a version of the rules would change.")
@click.option("--rules", "file", type=FILE, required=True, help="A version, as a file.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Submitted from this day on.")
@pass_process
def replay_command(process: Process[Settings, Resources], file: Path, since: Any) -> None:
    """Makes each decision again, from its application and its facts. Writes nothing."""
    document = read_file(file).document

    def show_change(row: Application, day: date, change: Change) -> None:
        click.echo(f"{day} {_line_of(row.application_no, change)}")

    with process.transaction() as context:
        told = replay_decisions(context.session, document, show_change, since=since).record()
    changed = told["decisions"] - told["unchanged"]
    click.echo(f"{told['decisions']} decisions, {changed} would change")
    for day in told["days"]:
        outcomes = {f"{one['before']} -> {one['after']}": one["count"] for one in day["outcomes"]}
        click.echo(f"from {day['day']}: {day['unchanged']} unchanged, {outcomes}")


def _line_of(application_no: str, change: Change) -> str:
    differs = change.fee_before != change.fee_after
    fee = f"fee {change.fee_before} -> {change.fee_after}" if differs else ""
    named = ", ".join(change.conditions)
    return f"{application_no}: {change.before} -> {change.after}  {named}  {fee}".rstrip()
