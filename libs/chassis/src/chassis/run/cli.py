"""`python -m <service> serve | work | migrate | …`: the same verbs in every service."""

import resource
import sys

import click

from chassis.core.settings import Settings, SettingsError
from chassis.data.db import Database
from chassis.data.sealed import ColumnSettings
from chassis.run.numbers import numbers
from chassis.run.parking import group as parked
from chassis.run.reseal import command as reseal
from chassis.service import Service


def main(service: Service) -> None:
    """The command line of a service; its own commands come beside the common ones."""
    # The memory holds keys and opened personal data: no crash may write it to a disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        group(service)(prog_name=service.name)
    except SettingsError as error:
        sys.exit(str(error))


def group(service: Service) -> click.Group:
    """Returns the commands of a service. Each imports what it needs and no more: a worker has no web stack."""
    commands = click.Group(
        service.name, help=f"The service {service.name}.", context_settings={"obj": service}
    )
    for command in (
        _serve(service),
        _work(service),
        _migrate(service),
        _topics(service),
        parked,
        *([numbers(service)] if service.numbers else []),
        *([reseal] if issubclass(service.settings, ColumnSettings) else []),
    ):
        commands.add_command(command)
    for command in service.commands:
        commands.add_command(command)
    return commands


def _settings(service: Service) -> Settings:
    return service.settings.load(service.name)


def _serve(service: Service) -> click.Command:
    @click.command("serve", help="Answer HTTP.")
    def command() -> None:
        from chassis.run.serve import serve

        serve(service, _settings(service))

    return command


def _work(service: Service) -> click.Command:
    jobs = service.jobs()

    @click.command("work", help=f"Everything but HTTP: {', '.join(jobs)}.")
    @click.option(
        "--only",
        type=click.Choice(jobs),
        multiple=True,
        help="Only this part; may be given again.",
    )
    def command(only: tuple[str, ...]) -> None:
        from chassis.run.work import work

        sys.exit(work(service, _settings(service), only or jobs))

    return command


def _migrate(service: Service) -> click.Command:
    @click.command("migrate", help="Bring the database to the newest migration.")
    def command() -> None:
        from datetime import UTC, datetime

        from chassis.data import migrations
        from chassis.events import outbox

        url = _settings(service).database_url
        try:
            number = migrations.upgrade(service.package, url, seed=service.seed)
        except migrations.UnreleasedDatabase as refused:
            raise click.ClickException(f"{service.name}: {refused}") from refused
        database = Database(url)
        with database.transaction() as session:
            outbox.ensure_partitions(session, datetime.now(UTC).date())
        database.dispose()
        click.echo(f"{service.name}: database at migration {number}")

    return command


def _topics(service: Service) -> click.Command:
    @click.command("topics", help="Create the declared topics that this service owns.")
    def command() -> None:
        from chassis.core import contracts
        from chassis.events.kafka import create_topics

        owned = [topic for topic in contracts.topics().values() if topic["owner"] == service.name]
        created = create_topics(_settings(service).kafka_bootstrap_servers, owned)
        click.echo(f"{service.name}: topics {', '.join(created) or 'all there'}")

    return command
