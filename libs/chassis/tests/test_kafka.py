"""The port to Kafka, on a real broker."""

import time
from types import SimpleNamespace

import pytest
from kafka.record import util as checksums

from chassis.core.ids import new_id
from chassis.events import kafka
from chassis.events.kafka import Consumer, Producer, Record, TooLarge, TopicReader


@pytest.fixture
def topic(kafka_bootstrap):
    name = f"test.{new_id()}"
    assert kafka.create_topics(kafka_bootstrap, [{"topic": name, "partitions": 2}]) == [name]
    assert kafka.create_topics(kafka_bootstrap, [{"topic": name, "partitions": 2}]) == []
    return name


@pytest.fixture
def producer(kafka_bootstrap):
    producer = Producer(kafka_bootstrap, client_id="test")
    yield producer
    producer.close()


def read(consumer, count):
    records, deadline = [], time.monotonic() + 20
    while len(records) < count and time.monotonic() < deadline:
        records += consumer.poll(200)
    return records


def test_acknowledged_records_are_there_with_their_trace_and_in_order(
    producer, topic, kafka_bootstrap
):
    sent = [
        Record(topic=topic, key="k", value=f"{n}".encode(), traceparent="00-a-b-01")
        for n in range(50)
    ]

    assert producer.publish(sent) == [None] * 50
    reader = TopicReader(kafka_bootstrap, topic)
    found = reader.batch(100)
    assert reader.batch(100) == []
    reader.close()
    assert [record.value for record in found] == [record.value for record in sent]
    assert {(record.key, record.traceparent) for record in found} == {("k", "00-a-b-01")}


def test_a_key_and_a_traceparent_can_be_stored_whatever_bytes_they_are():
    message = SimpleNamespace(
        topic="t", key=b"a\0\xff", value=b"v", headers=[("traceparent", b"0\0\xff")], partition=0, offset=1
    )  # fmt: skip

    record = kafka._record(message)

    assert (record.key, record.traceparent) == ("a\ufffd\ufffd", "0\ufffd\ufffd")


def test_a_record_that_is_too_large_is_told_apart_from_a_broker_that_is_away(producer, topic):
    outcomes = producer.publish(
        [
            Record(topic=topic, key="k", value=b"x" * 2_000_000),
            Record(topic=topic, key="k", value=b"y"),
        ]
    )

    assert isinstance(outcomes[0], TooLarge)
    assert outcomes[1] is None


def test_a_client_that_answers_nothing_any_more_is_replaced(producer, topic, monkeypatch):
    records = [Record(topic=topic, key=f"{n}", value=b"x") for n in range(20)]
    monkeypatch.setattr(kafka, "ANSWER_SECONDS", 1.0)
    assert producer.publish(records) == [None] * 20
    # What kafka-python does when a batch that was sent once expires during an outage.
    producer._client._sender._transaction_manager.reset_producer_id()
    stuck = producer._client

    began = time.monotonic()
    outcomes = producer.publish(records)

    assert all(isinstance(one, kafka.BrokerError) for one in outcomes)
    assert time.monotonic() - began < 5
    assert producer.publish(records) == [None] * 20
    assert stuck._closed  # or its destructor would wait for the batch once more


def test_reading_up_to_now_ends_although_the_topic_grows(producer, topic, kafka_bootstrap):
    record = Record(topic=topic, key="k", value=b"x")
    producer.publish([record] * 3)
    reader = TopicReader(kafka_bootstrap, topic)

    read = 0
    for batch in reader.up_to_now(1):
        producer.publish([record])
        read += len(batch)

    assert read == 3
    assert len(reader.batch(10)) == 3
    reader.close()


def test_a_group_goes_on_from_what_it_committed(producer, topic, kafka_bootstrap):
    producer.publish([Record(topic=topic, key="k", value=f"{n}".encode()) for n in range(5)])
    first = Consumer(kafka_bootstrap, group=topic, topics=[topic])
    records = read(first, 5)
    assert first.commit({(topic, records[2].partition): records[2].offset + 1})
    assert not any(position.lag for position in first.positions().values())
    first.close()

    second = Consumer(kafka_bootstrap, group=topic, topics=[topic])
    assert [record.value for record in read(second, 2)] == [b"3", b"4"]
    second.close()


def test_a_paused_member_stays_in_the_group_and_misses_nothing(producer, topic, kafka_bootstrap):
    consumer = Consumer(kafka_bootstrap, group=topic, topics=[topic])
    producer.publish([Record(topic=topic, key="k", value=b"0")])
    assert len(read(consumer, 1)) == 1

    consumer.pause()
    producer.publish([Record(topic=topic, key="k", value=b"1")])
    for _ in range(3):
        consumer.keep_alive()
    consumer.resume()

    assert [record.value for record in read(consumer, 1)] == [b"1"]
    consumer.close()


def test_a_join_that_outlasts_a_poll_is_finished(producer, kafka_bootstrap):
    topic = f"test.{new_id()}"
    consumer = Consumer(kafka_bootstrap, group=topic, topics=[topic])
    deadline = time.monotonic() + 20
    while not consumer._consumer._coordinator.stable() and time.monotonic() < deadline:
        consumer.poll(100)
    kafka.create_topics(kafka_bootstrap, [{"topic": topic, "partitions": 2}])
    producer.publish([Record(topic=topic, key="k", value=b"0")])

    found = []
    while not found and time.monotonic() < deadline:
        found = consumer.poll(2)  # a join takes longer

    assert [record.value for record in found] == [b"0"]
    consumer.close()


def test_a_commit_while_the_group_is_rebalanced_is_left_to_the_next_reader(
    producer, topic, kafka_bootstrap
):
    members = [Consumer(kafka_bootstrap, group=topic, topics=[topic]) for _ in range(2)]
    deadline = time.monotonic() + 20
    while not all(one.assignment() for one in members) and time.monotonic() < deadline:
        for one in members:
            one.poll(100)
    ((part, *_), _) = (sorted(one.assignment()) for one in members)

    coordinator = members[0]._consumer._coordinator
    coordinator.request_rejoin()
    while not coordinator.rebalance_in_progress() and time.monotonic() < deadline:
        members[0].poll(10)  # the join waits for the other member, who doesn't poll

    assert members[0].commit({part: 0}) is False
    for one in members:
        one.close()


def test_checksums_are_not_counted_in_python():
    assert "built-in" in repr(checksums._crc32c)
