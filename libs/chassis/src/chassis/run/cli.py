"""`python -m <service> serve | work | migrate | …`: the same verbs in every service."""

import resource
import sys
from typing import Any

import click

from chassis.core.settings import Settings, SettingsError
from chassis.data.db import Database
from chassis.data.sealed import ColumnSettings
from chassis.process import Process, pass_process
from chassis.run.deadlines import group as deadlines
from chassis.run.numbers import numbers
from chassis.run.put_off import group as put_off
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
        *_repairs(service),
        *([numbers(service)] if service.numbers else []),
        *([deadlines] if service.deadlines else []),
        *([put_off] if service.put_off else []),
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


def _repairs(service: Service) -> list[click.Command]:
    @click.group("dead-letters", help="Events that were put aside.")
    def letters() -> None:
        return

    @letters.command("list")
    @pass_process
    def list_letters(process: Process[Any, Any]) -> None:
        from chassis.events import dead_letters

        with process.database.transaction() as session:
            for row in dead_letters.waiting(session, service.name):
                click.echo(
                    f"{row.id}\t{row.topic}[{row.partition}]@{row.offset}\t{row.key}\t{row.attempts}\t{row.reason}"
                )

    @letters.command("replay")
    @pass_process
    def replay_letters(process: Process[Any, Any]) -> None:
        from chassis.events import dead_letters
        from chassis.run.housekeeping import topics_of

        topics = topics_of(service)
        done, left = dead_letters.replay(process.database, service.name, topics, process.context)
        click.echo(f"{done} replayed, {left} still waiting")
        sys.exit(1 if left else 0)

    @letters.command("discard", help="Give one up for good; it's kept with the reason.")
    @click.argument("letter_id", type=int)
    @click.option("--reason", required=True, help="Why, and who decided it.")
    @pass_process
    def discard(process: Process[Any, Any], letter_id: int, reason: str) -> None:
        from chassis.events import dead_letters

        with process.database.transaction() as session:
            found = dead_letters.discard(session, service.name, letter_id, reason=reason)
        click.echo("discarded; now replay what waits behind it" if found else "no such open letter")
        sys.exit(0 if found else 1)

    return [letters, _outbox(service)]


def _outbox(service: Service) -> click.Group:
    @click.group("outbox", help="Aggregates whose events can't be published.")
    def outbox_group() -> None:
        return

    @outbox_group.command("parked")
    @pass_process
    def parked(process: Process[Any, Any]) -> None:
        from chassis.events import relay

        with process.database.transaction() as session:
            for row in relay.parked(session):
                click.echo(
                    f"{row.aggregate_type}\t{row.aggregate_id}\t{row.outbox_id}\t{row.reason}"
                )

    @outbox_group.command("unpark")
    @click.argument("aggregate_type")
    @click.argument("aggregate_id")
    @pass_process
    def unpark(process: Process[Any, Any], aggregate_type: str, aggregate_id: str) -> None:
        from chassis.events import relay

        with process.database.transaction() as session:
            found = relay.unpark(session, aggregate_type, aggregate_id)
        click.echo("it will be tried again" if found else "it isn't parked")
        sys.exit(0 if found else 1)

    @outbox_group.command("skip", help="Leave out the event that parks an aggregate; it's kept.")
    @click.argument("aggregate_type")
    @click.argument("aggregate_id")
    @click.option("--reason", required=True, help="Why, and who decided it.")
    @pass_process
    def skip(
        process: Process[Any, Any], aggregate_type: str, aggregate_id: str, reason: str
    ) -> None:
        from chassis.events import relay

        with process.database.transaction() as session:
            found = relay.skip(session, service.name, aggregate_type, aggregate_id, reason=reason)
        click.echo("skipped; the next ones will be sent" if found else "it isn't parked")
        sys.exit(0 if found else 1)

    return outbox_group
