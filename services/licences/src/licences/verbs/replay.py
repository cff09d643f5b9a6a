"""`licences replay --rules FILE`: which decisions other rules would change. Each is made again from the application and
the facts that it was made by; nothing is written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.process import Process, pass_process
from licences.domain.asked import Asked
from licences.domain.decision import decide
from licences.domain.facts import Fact
from licences.domain.fees import total
from licences.domain.rules import Rules
from licences.models import Application
from licences.resources import Resources
from licences.settings import Settings
from licences.verbs.rules import FILE, rules_of_file

BATCH = 500


@dataclass(frozen=True)
class Change:
    """A decision that would be another one: its outcome, the conditions that differ, the fee in halalas."""

    application_no: str
    before: str
    after: str
    conditions: tuple[str, ...]
    fee: tuple[int, int]


@click.command("replay", help="Which decisions a version of the rules would change.")
@click.option("--rules", "file", type=FILE, required=True, help="A version, as a file.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Submitted from this day on.")
@pass_process
def command(process: Process[Settings, Resources], file: Path, since: Any) -> None:
    """Streams over all decided applications, 500 at a time."""
    rules, seen, changed = rules_of_file(file), 0, Counter[str]()
    with process.transaction() as context:
        for row in decided(context.session, since):
            seen += 1
            change = replayed(row, rules)
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


def decided(session: Session, since: Any) -> Iterator[Application]:
    """Applications with a decision, oldest first."""
    statement = select(Application).where(
        Application.outcome.is_not(None), Application.body.is_not(None)
    )
    if since is not None:
        statement = statement.where(Application.submitted_at >= since)
    order = statement.order_by(Application.submitted_at, Application.application_id)
    yield from session.scalars(order.execution_options(yield_per=BATCH))


def replayed(row: Application, rules: Rules) -> Change | None:
    """What the rules would make of the decision, from the facts that it was made by, on its day; None for the same."""
    before = row.decision
    facts = {name: Fact.read(one) for name, one in before["facts"].items()}
    on = date.fromisoformat(before["decided_on"])
    after = decide(Asked.read(before["asked"]), rules, facts, on=on)
    was = {one["code"]: one["satisfied"] for one in before["findings"]}
    now = {one.code: one.satisfied for one in after.findings}
    codes = tuple(
        sorted(code for code in was.keys() | now.keys() if was.get(code) != now.get(code))
    )
    fees = sum(one["amount_halalas"] for one in before["fee"]), total(after.fee)
    if before["outcome"] == after.outcome and not codes and fees[0] == fees[1]:
        return None
    return Change(row.application_no, before["outcome"], after.outcome, codes, fees)
