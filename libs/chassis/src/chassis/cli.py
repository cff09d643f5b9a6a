"""`python -m <service> serve | work | migrate | topics | dead-letters | outbox`: the same verbs in every service."""

import resource
import sys

import click

from chassis.db import Database
from chassis.service import Service
from chassis.settings import Settings, SettingsError


def main(service: Service) -> None:
    """The command line of a service; its own commands come beside the common ones."""
    # The memory holds keys and what they open: no crash writes it to a disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        group(service)(prog_name=service.name)
    except SettingsError as error:
        sys.exit(str(error))


def group(service: Service) -> click.Group:
    """The commands of a service. Each imports what it needs and no more: a worker has no web stack."""
    commands = click.Group(service.name, help=f"The service {service.name}.")
    for command in (
        _serve(service),
        _work(service),
        _migrate(service),
        _topics(service),
        *_repairs(service),
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
        from chassis.serve import serve

        serve(service, _settings(service))

    return command


def _work(service: Service) -> click.Command:
    @click.command("work", help="Publish the outbox and consume the subscribed topics.")
    @click.option("--only", type=click.Choice(["relay", "consumer"]), help="One part only.")
    def command(only: str | None) -> None:
        from chassis.work import work

        parts = frozenset([only] if only else ["relay", "consumer"])
        sys.exit(work(service, _settings(service), parts))

    return command


def _migrate(service: Service) -> click.Command:
    @click.command("migrate", help="Bring the database to the newest migration.")
    def command() -> None:
        from datetime import UTC, datetime

        from chassis import migrations, outbox

        url = _settings(service).database_url
        number = migrations.upgrade(service.package, url)
        database = Database(url)
        with database.transaction() as session:
            outbox.ensure_partitions(session, datetime.now(UTC).date())
        database.dispose()
        click.echo(f"{service.name}: database at migration {number}")

    return command


def _topics(service: Service) -> click.Command:
    @click.command("topics", help="Create the declared topics that this service owns.")
    def command() -> None:
        from chassis import contracts
        from chassis.kafka import create_topics

        owned = [topic for topic in contracts.topics().values() if topic["owner"] == service.name]
        created = create_topics(_settings(service).kafka_bootstrap_servers, owned)
        click.echo(f"{service.name}: topics {', '.join(created) or 'all there'}")

    return command


def _repairs(service: Service) -> list[click.Command]:
    @click.group("dead-letters", help="Events that were put aside.")
    def letters() -> None:
        return

    @letters.command("list")
    def list_letters() -> None:
        from chassis import dead_letters

        with Database(_settings(service).database_url).transaction() as session:
            for row in dead_letters.waiting(session, service.name):
                click.echo(
                    f"{row.id}\t{row.topic}[{row.partition}]@{row.offset}\t{row.key}\t{row.attempts}\t{row.reason}"
                )

    @letters.command("replay")
    def replay_letters() -> None:
        from chassis import dead_letters
        from chassis.work import topics_of

        database = Database(_settings(service).database_url)
        done, left = dead_letters.replay(database, service.name, topics_of(service))
        click.echo(f"{done} replayed, {left} still waiting")
        sys.exit(1 if left else 0)

    @letters.command("discard", help="Give one up for good; it's kept with the reason.")
    @click.argument("letter_id", type=int)
    @click.option("--reason", required=True, help="Why, and who decided it.")
    def discard(letter_id: int, reason: str) -> None:
        from chassis import dead_letters

        with Database(_settings(service).database_url).transaction() as session:
            found = dead_letters.discard(session, service.name, letter_id, reason=reason)
        click.echo("discarded; now replay what waits behind it" if found else "no such open letter")
        sys.exit(0 if found else 1)

    return [letters, _outbox(service)]


def _outbox(service: Service) -> click.Group:
    @click.group("outbox", help="Aggregates whose events can't be published.")
    def outbox_group() -> None:
        return

    @outbox_group.command("parked")
    def parked() -> None:
        from chassis import relay

        with Database(_settings(service).database_url).transaction() as session:
            for row in relay.parked(session):
                click.echo(
                    f"{row.aggregate_type}\t{row.aggregate_id}\t{row.outbox_id}\t{row.reason}"
                )

    @outbox_group.command("unpark")
    @click.argument("aggregate_type")
    @click.argument("aggregate_id")
    def unpark(aggregate_type: str, aggregate_id: str) -> None:
        from chassis import relay

        with Database(_settings(service).database_url).transaction() as session:
            found = relay.unpark(session, aggregate_type, aggregate_id)
        click.echo("it will be tried again" if found else "it isn't parked")

    @outbox_group.command("skip", help="Leave out the event that parks an aggregate; it's kept.")
    @click.argument("aggregate_type")
    @click.argument("aggregate_id")
    @click.option("--reason", required=True, help="Why, and who decided it.")
    def skip(aggregate_type: str, aggregate_id: str, reason: str) -> None:
        from chassis import relay

        with Database(_settings(service).database_url).transaction() as session:
            found = relay.skip(session, service.name, aggregate_type, aggregate_id, reason=reason)
        click.echo("skipped; the next ones will be sent" if found else "it isn't parked")
        sys.exit(0 if found else 1)

    return outbox_group
