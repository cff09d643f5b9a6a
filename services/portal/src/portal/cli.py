"""Commands of the portal's own."""

import json
from datetime import UTC, datetime

import click

from chassis.events import inbox, kafka, parking
from chassis.process import pass_process
from portal.commands.inquiry_things import forget_unread, keep_things
from portal.consumers import INQUIRY_TOPICS, thing_event_of
from portal.context import Process
from portal.domain.areas import AREAS, SEC
from portal.domain.inquiry_things import ThingEvent
from portal.outside.client_keys import public_jwk
from portal.settings import SYSTEM

_BATCH = 500


@click.command("client-key", help="Print the public key to register for the client of an area.")
@click.argument("area", type=click.Choice([*AREAS, SYSTEM]), default=SEC.name)
@pass_process
def client_key(process: Process, area: str) -> None:
    """Prints the key set (RFC 7517) with which the portal authenticates at identity."""
    click.echo(json.dumps({"keys": [public_jwk(process.settings.client_of(area).key)]}))


@click.command(
    "rebuild-inquiries",
    help="Read the topics again, and write everything that people ask about anew.",
)
@click.option(
    "--accept-loss",
    default=0,
    help="Remove so many things that no topic has any more.",
)
@pass_process
def rebuild_inquiries(process: Process, accept_loss: int) -> None:
    """Writes each row anew from its newest event, beside the consumer: the newer version stays. Steps of the timeline
    that a compacted topic has lost stay too."""
    began = datetime.now(UTC)
    for topic in INQUIRY_TOPICS:
        click.echo(f"{topic}: {_read_again(process, topic)} events")
    with process.database.transaction() as session:
        unread = forget_unread(session, began, accepted=accept_loss)
    if unread > accept_loss:
        raise click.ClickException(
            f"{unread} things stand in no topic any more; --accept-loss {unread} removes them"
        )
    click.echo(f"{unread} things removed")


def _read_again(process: Process, topic: str) -> int:
    """Returns the number of events read. Raises ClickException, which names a record that can't be read."""
    with process.database.transaction() as session:
        given_up = parking.given_up_records(session, process.service.name, topic)
    reader, count = kafka.TopicReader(process.settings.kafka_bootstrap_servers, topic), 0
    try:
        for records in reader.up_to_now(_BATCH):
            now = datetime.now(UTC)
            events = [_read_event(one, now) for one in records if one not in given_up]
            if events:
                with process.database.transaction() as session:
                    keep_things(session, events)
            count += len(events)
    finally:
        reader.close()
    return count


def _read_event(record: kafka.Record, read_at: datetime) -> ThingEvent:
    try:
        return thing_event_of(inbox.parse(record.value), read_at)
    except Exception as error:
        place = f"{record.topic}[{record.partition}]@{record.offset}"
        raise click.ClickException(
            f"{place} can't be read ({parking.reason_of(error)}): mend the cause, or give up its parked event"
        ) from error
