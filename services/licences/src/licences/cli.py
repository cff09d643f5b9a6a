"""The service's own commands on the command line.

`licences rules list | load`: the versions of the rules. `licences explain NO`: why a licence was issued, or where an
application stands. `licences replay --rules FILE`: which decisions other rules would change.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from licences.api.views import explanation_view
from licences.catalogue import list_versions, read_rules
from licences.commands.activities import RulesKnown, load_rules
from licences.commands.issue import NOT_VALID
from licences.domain.applications import Status
from licences.domain.decision import decide
from licences.domain.declarations import Declaration
from licences.domain.facts import Fact
from licences.domain.rules import Rules, RulesMalformed, fee_total
from licences.models import Application, Licence
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
        for row in list_versions(context.session):
            click.echo(f"{row.version}  from {row.effective_from}  by {row.loaded_by}")


@rules_command.command("load", help="Load a version from a file; it holds from its day on.")
@click.argument("file", type=FILE)
@pass_process
def load_rules_file(process: Process[Settings, Resources], file: Path) -> None:
    with process.transaction() as context:
        try:
            document = read_rules(file.read_text("utf-8"))
            work = UnitOfWork.of(context, SystemActor("command", "licences"))
            rules = load_rules(work, document)
        except RulesKnown as error:
            raise click.ClickException("a version of this name is loaded already") from error
        except (RulesMalformed, yaml.YAMLError) as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{rules.version} holds from {rules.effective_from}")


def rules_of_file(file: Path) -> Rules:
    """Returns the version in a file, without loading it. Raises ClickException."""
    try:
        return Rules.read(read_rules(file.read_text("utf-8")))
    except (RulesMalformed, yaml.YAMLError) as error:
        raise click.ClickException(str(error)) from error


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


BATCH = 500


@dataclass(frozen=True)
class Change:
    """A decision that would change: its outcome, the conditions that differ, the fee in halalas."""

    application_no: str
    before: str
    after: str
    conditions: tuple[str, ...]
    fee: tuple[int, int]


@click.command("replay", help="Which decisions a version of the rules would change.")
@click.option("--rules", "file", type=FILE, required=True, help="A version, as a file.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Submitted from this day on.")
@pass_process
def replay_command(process: Process[Settings, Resources], file: Path, since: Any) -> None:
    """Makes each decision again, from its application and its facts, 500 at a time. Writes nothing."""
    rules, seen, changed = rules_of_file(file), 0, Counter[str]()
    with process.transaction() as context:
        for row in decided_applications(context.session, since):
            seen += 1
            change = replay_decision(row, rules)
            if change is None:
                continue
            changed[f"{change.before} -> {change.after}"] += 1
            fee = (
                f"fee {change.fee[0]} -> {change.fee[1]}" if change.fee[0] != change.fee[1] else ""
            )
            named = ", ".join(change.conditions)
            line = f"{change.application_no}: {change.before} -> {change.after}  {named}  {fee}"
            click.echo(line.rstrip())
    click.echo(f"{seen} decisions, {changed.total()} would change: {dict(changed)}")


def decided_applications(session: Session, since: Any) -> Iterator[Application]:
    """Returns the applications that the rules decided, oldest first. A stop that overtook an approval isn't among the
    rules."""
    is_overtaken = (Application.status == Status.REFUSED.value) & (
        Application.reason_code == NOT_VALID
    )
    statement = select(Application).where(
        Application.outcome.is_not(None),
        Application.body.is_not(None),
        is_overtaken.is_not(True),
    )
    if since is not None:
        statement = statement.where(Application.submitted_at >= since)
    order = statement.order_by(Application.submitted_at, Application.application_id)
    yield from session.scalars(order.execution_options(yield_per=BATCH))


def replay_decision(row: Application, rules: Rules) -> Change | None:
    """Returns what the rules would make of the decision on its day; None for no change."""
    before = row.decision
    facts = {name: Fact.read(one) for name, one in before["facts"].items()}
    on = date.fromisoformat(before["decided_on"])
    after = decide(Declaration.read(before["asked"]), rules, facts, on=on)
    was = {one["code"]: one["satisfied"] for one in before["findings"]}
    now = {one.code: one.satisfied for one in after.findings}
    codes = tuple(
        sorted(code for code in was.keys() | now.keys() if was.get(code) != now.get(code))
    )
    fees = sum(one["amount_halalas"] for one in before["fee"]), fee_total(after.fee)
    if before["outcome"] == after.outcome and not codes and fees[0] == fees[1]:
        return None
    return Change(row.application_no, before["outcome"], after.outcome, codes, fees)
