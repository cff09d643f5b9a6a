"""`licences rules list | check | load`: the versions of the rules."""

from pathlib import Path

import click
import yaml

from chassis.core.actors import SystemActor
from chassis.process import Process, pass_process
from licences import rulebook
from licences.catalogue import read_rules
from licences.commands import activities
from licences.commands.activities import RulesKnown
from licences.domain.rules import Rules, RulesMalformed
from licences.resources import Resources
from licences.settings import Settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("rules", help="The versions of the rules.")
def group() -> None:
    pass


@group.command("list", help="Which versions there are, the newest first.")
@pass_process
def listed(process: Process[Settings, Resources]) -> None:
    with process.transaction() as context:
        for row in rulebook.list_versions(context.session):
            click.echo(f"{row.version}  from {row.effective_from}  by {row.loaded_by}")


@group.command("load", help="Load a version from a file; it holds from its day on.")
@click.argument("file", type=FILE)
@pass_process
def load(process: Process[Settings, Resources], file: Path) -> None:
    with process.transaction() as context:
        try:
            document = read_rules(file.read_text("utf-8"))
            by = SystemActor("command", "licences")
            rules = activities.load_rules(context.session, by, document, now=context.now)
        except RulesKnown as error:
            raise click.ClickException("a version of this name is loaded already") from error
        except (RulesMalformed, yaml.YAMLError) as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{rules.version} holds from {rules.effective_from}")


def rules_of_file(file: Path) -> Rules:
    """The version that a file holds, without loading it. Raises ClickException."""
    try:
        return Rules.read(read_rules(file.read_text("utf-8")))
    except (RulesMalformed, yaml.YAMLError) as error:
        raise click.ClickException(str(error)) from error
