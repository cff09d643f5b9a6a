"""The port to Kafka: everything that knows kafka-python. A client is never made before a fork nor in a web worker."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event as Stop
from typing import Any, NamedTuple, Protocol, TypeVar, cast

import structlog
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import (
    CommitFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    RebalanceInProgressError,
    RecordListTooLargeError,
    TopicAlreadyExistsError,
)

MAX_RECORD_BYTES = 900_000
ANSWER_SECONDS = 9.0  # the client itself gives a record up after 8
RECONNECT_MS = (
    1_000  # with the client's default of 30 s it would notice that late that a broker is back
)
BrokerError = KafkaError

log = structlog.get_logger(__name__)
Client = TypeVar("Client")


@dataclass(frozen=True)
class Record:
    """A record to publish, or a record that was read (then with its partition and offset)."""

    topic: str
    key: str
    value: bytes
    traceparent: str | None = None
    partition: int = -1
    offset: int = -1


class Position(NamedTuple):
    """How far a partition has been read. `next_offset`: of the record to be read next."""

    next_offset: int
    end: int

    @property
    def lag(self) -> int:
        """Records that weren't read yet."""
        return max(0, self.end - self.next_offset)


class TooLarge(Exception):
    """The record can never be published as it is."""


def connect(make: Callable[[], Client], stop: Stop) -> Client | None:
    """Makes a client as soon as a broker answers; None when `stop` is set before that."""
    while not stop.is_set():
        try:
            return make()
        except KafkaError as error:
            log.warning("kafka.broker_away", error=type(error).__name__)
            stop.wait(1.0)
    return None


class Publisher(Protocol):
    """What the relay needs of a producer."""

    def publish(self, records: Sequence[Record]) -> list[Exception | None]:
        """Sends all, waits for each acknowledgement, and returns an error or None for each, in order."""


class Producer:
    """acks=all and idempotent, which kafka-python 3 does by default; set here all the same."""

    def __init__(self, bootstrap_servers: str, *, client_id: str) -> None:
        self._options = {
            "bootstrap_servers": bootstrap_servers,
            "client_id": client_id,
            "acks": "all",
            "enable_idempotence": True,
            "allow_auto_create_topics": False,
            "bootstrap_timeout_ms": 3_000,
            "max_block_ms": 3_000,
            "request_timeout_ms": 4_000,
            # Below the database's idle-in-transaction limit, so that a relay gives up before it loses its locks.
            "delivery_timeout_ms": 8_000,
            # `publish` flushes: without this the sender's thread takes the first record alone, in a request of its own.
            "linger_ms": 100,
            "metrics_enabled": False,  # nobody reads the client's own
            "reconnect_backoff_max_ms": RECONNECT_MS,
        }
        self._client: Any = KafkaProducer(**self._options)

    def publish(self, records: Sequence[Record]) -> list[Exception | None]:
        sent: list[Any] = []
        away: dict[str, Exception] = {}
        for record in records:
            # A topic that couldn't be reached for one record isn't tried for the next: each try may block for seconds.
            outcome = away.get(record.topic) or self._send(record)
            if isinstance(outcome, KafkaError):
                away[record.topic] = outcome
            sent.append(outcome)
        until = time.monotonic() + ANSWER_SECONDS  # for all of them together
        if self._client is not None:
            with suppress(KafkaError):  # each record's own outcome says more
                self._client.flush(timeout=ANSWER_SECONDS)
        outcomes = [_outcome(one, until) for one in sent]
        if not all(isinstance(one, Exception) or one.is_done for one in sent):
            self._give_up_client()
        return outcomes

    def _send(self, record: Record) -> Any:
        if len(record.value) > MAX_RECORD_BYTES:
            return TooLarge(f"{len(record.value)} bytes, limit {MAX_RECORD_BYTES}")
        trace = record.traceparent
        headers = [("traceparent", trace.encode())] if trace else []
        headers.append(("content-type", b"application/cloudevents+json"))
        try:
            if self._client is None:
                self._client = KafkaProducer(**self._options)
            return self._client.send(
                record.topic, key=record.key.encode(), value=record.value, headers=headers
            )
        except KafkaError as error:
            return error

    def _give_up_client(self) -> None:
        """The next record gets a new client. A client that leaves a record without any answer never answers again.

        kafka-python 3.0.12 forgets its producer id when a batch that it had sent once expires, as in a broker's outage,
        never asks for another one, and neither sends nor expires anything from then on.
        """
        log.error("kafka.producer_given_up")
        client, self._client = self._client, None
        with suppress(KafkaError):
            client.close(timeout=0)
        # What `close` doesn't come to when a batch is stuck. Its destructor would wait for that batch once more, in
        # whichever thread collects it, and write its failure beside the log.
        client._sender.force_close()
        client._closed = True

    def close(self) -> None:
        """Waits for 2 s at most. Records that aren't acknowledged by then are sent again by the next relay."""
        if self._client is not None:
            with suppress(KafkaError):
                self._client.close(timeout=2)


def _outcome(sent: Any, until: float) -> Exception | None:
    """Returns the error of a record that was refused at once or has no acknowledgement, else what the acknowledgement
    says."""
    if isinstance(sent, (TooLarge, KafkaError)):
        return cast(Exception, sent)
    try:
        sent.get(timeout=max(0.0, until - time.monotonic()))
    except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
        return TooLarge(str(error))
    except KafkaError as error:
        return cast(Exception, error)
    return None


class Consumer:
    """One member of a consumer group. Offsets are committed by hand, after the database."""

    def __init__(self, bootstrap_servers: str, *, group: str, topics: Iterable[str]) -> None:
        self._consumer = KafkaConsumer(
            *sorted(topics),
            bootstrap_servers=bootstrap_servers,
            group_id=group,
            client_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            # After this, and a rebalance, a dead member's partitions go to another member: some 8 s in all.
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_500,
            max_poll_records=200,
            fetch_max_wait_ms=1_000,  # the broker answers at the first record; an idle client asks once a second
            metadata_max_age_ms=30_000,
            metrics_enabled=False,  # nobody reads the client's own
            reconnect_backoff_max_ms=RECONNECT_MS,
        )
        self._assigned: set[TopicPartition] = set()
        self._caught_up: dict[TopicPartition, int] = {}

    def poll(self, timeout_ms: int) -> list[Record]:
        """Records of the assigned partitions, in order within each. Empty when there's none yet."""
        self._remember_to_join()
        batches = self._consumer.poll(timeout_ms=timeout_ms)
        return [_record(message) for batch in batches.values() for message in batch]

    def _remember_to_join(self) -> None:
        """kafka-python 3.0.12 forgets a join that outlasts a poll when nothing but new metadata asked for it (a topic's
        partitions that became known after the first join): it's left without partitions and heartbeats, and spins.
        """
        coordinator = self._consumer._coordinator
        if coordinator.rejoining and not coordinator.need_rejoin():
            coordinator.request_rejoin()

    def assignment(self) -> set[tuple[str, int]]:
        return {(part.topic, part.partition) for part in self._consumer.assignment()}

    def commit(self, next_offsets: dict[tuple[str, int], int]) -> bool:
        """Commits; False when the group is being rebalanced, or was, and the partitions are another member's."""
        offsets = {
            TopicPartition(*part): OffsetAndMetadata(offset, "", -1)
            for part, offset in next_offsets.items()
        }
        try:
            self._consumer.commit(offsets, timeout_ms=5_000)
        except (CommitFailedError, RebalanceInProgressError):
            return False
        return True

    def positions(self) -> dict[tuple[str, int], Position]:
        """How far each assigned partition has been read, and its end, asked of the broker."""
        assigned = self._consumer.assignment()
        if assigned != self._assigned:
            self._assigned, self._caught_up = set(assigned), {}
        ends = self._consumer.end_offsets(assigned, timeout_ms=3_000) if assigned else {}
        return {
            (part.topic, part.partition): Position(self._next_offset(part, end), end)
            for part, end in ends.items()
        }

    def _next_offset(self, part: TopicPartition, end: int) -> int:
        """A partition that had been read to the same end is still read to this end; asking the client for its position
        costs more."""
        if self._caught_up.get(part) == end:
            return end
        position = self._consumer.position(part, 3_000) or 0
        if position >= end:
            self._caught_up[part] = end
        return position

    def pause(self) -> None:
        """Stops fetching without leaving the group; `poll` `keep_alive` tells the broker that we live."""
        self._consumer.pause(*self._consumer.assignment())

    def keep_alive(self) -> None:
        """Tells the group that we live while paused. Records of newly assigned partitions are read again."""
        fetched = self._consumer.poll(timeout_ms=0)
        for part, messages in fetched.items():
            self._consumer.seek(part, messages[0].offset)

    def resume(self) -> None:
        self._consumer.resume(*self._consumer.paused())

    def close(self) -> None:
        self._consumer.close(autocommit=False, timeout_ms=3_000)


def _record(message: Any) -> Record:
    headers = dict(message.headers or [])
    trace = headers.get("traceparent")
    return Record(
        topic=message.topic,
        key=_text(message.key or b""),
        value=message.value or b"",
        traceparent=_text(trace) if trace else None,
        partition=message.partition,
        offset=message.offset,
    )


def _text(sent: bytes) -> str:
    """Returns a text that PostgreSQL can store: no NUL, and a sign in place of bytes that aren't UTF-8."""
    return sent.decode("utf-8", "replace").replace("\0", "\ufffd")


class TopicReader:
    """Reads a topic from its first offset, without a group; a later call goes on where the last one ended."""

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap_servers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        numbers = self._consumer.partitions_for_topic(topic) or set()
        self._partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        self._consumer.assign(self._partitions)
        self._consumer.seek_to_beginning(*self._partitions)

    def batch(self, size: int) -> list[Record]:
        """Up to `size` records, in order within each partition; empty only at the topic's end of this moment."""
        return next(self.up_to_now(size), [])

    def up_to_now(self, size: int) -> Iterator[list[Record]]:
        """All records that the topic has at the first step, in batches: it ends even if the topic grows meanwhile."""
        ends = self._consumer.end_offsets(self._partitions)
        while any(self._consumer.position(one) < ends[one] for one in self._partitions):
            fetched = self._consumer.poll(timeout_ms=1_000, max_records=size)
            if fetched:
                yield [_record(message) for messages in fetched.values() for message in messages]

    def close(self) -> None:
        self._consumer.close(autocommit=False)


def create_topics(bootstrap_servers: str, topics: Iterable[dict[str, Any]]) -> list[str]:
    """Creates the declared topics that are missing; returns their names. Never changes an existing topic."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    created = []
    try:
        for topic in topics:
            options = {
                "num_partitions": topic["partitions"],
                "replication_factor": topic.get("replication_factor", -1),
                "configs": {key: str(value) for key, value in topic.get("config", {}).items()},
            }
            try:
                admin.create_topics({topic["topic"]: options}, wait_for_metadata=True)
            except TopicAlreadyExistsError:
                continue
            created.append(topic["topic"])
    finally:
        admin.close()
    return created
