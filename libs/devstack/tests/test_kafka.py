"""The real broker: its durability, its cache of jars, and what it says where there's no Java."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

from devstack import kafka
from devstack.kafka import Kafka
from devstack.kafka_broker import Jars
from devstack.machine import StartError, remove_folder, temporary_folder


def create_topic(broker: Kafka, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics(
        {topic: {"num_partitions": 1, "replication_factor": -1}}, wait_for_metadata=True
    )
    admin.close()


def read(broker: Kafka, topic: str, count: int, **settings: object) -> list[bytes]:
    consumer = KafkaConsumer(
        bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", **settings
    )
    # kafka-python 3.0.12 forgets topics that are named while its first answer is under way.
    consumer.bootstrap(timeout_ms=10_000)
    consumer.subscribe([topic])
    found: list[bytes] = []
    for _ in range(60):
        for batch in consumer.poll(timeout_ms=500).values():
            found += [record.value for record in batch]
        if len(found) >= count:
            break
    consumer.close()
    return found


def test_acknowledged_messages_survive_a_kill_at_the_same_address(kafka_broker: Kafka) -> None:
    create_topic(kafka_broker, "durable")
    sent = [f"message {number}".encode() for number in range(500)]
    producer = KafkaProducer(bootstrap_servers=kafka_broker.bootstrap, acks="all")
    for acknowledgement in [producer.send("durable", value) for value in sent]:
        acknowledgement.get(timeout=10)
    producer.close()
    address = kafka_broker.bootstrap

    kafka_broker.kill()
    kafka_broker.start_again()

    assert kafka_broker.bootstrap == address
    assert read(kafka_broker, "durable", len(sent)) == sent


def test_a_topic_that_nobody_declared_is_not_created(kafka_broker: Kafka) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap)
    consumer = KafkaConsumer("misspelt", bootstrap_servers=kafka_broker.bootstrap)

    consumer.poll(timeout_ms=500)

    assert "misspelt" not in admin.list_topics()
    consumer.close()
    admin.close()


def test_a_named_broker_that_does_not_listen_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")

    with pytest.raises(StartError, match="unset the variable"):
        kafka.start(tmp_path)


def test_the_broker_that_the_environment_names_is_used_and_left_running(
    kafka_broker: Kafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka_broker.bootstrap)

    named = kafka.start(tmp_path)
    named.stop()

    assert (named.bootstrap, named.pid) == (kafka_broker.bootstrap, None)
    assert kafka.listens(kafka_broker.bootstrap)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "qatif-e-services"


def mvn_that(body: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Maven of the tests, first in PATH."""
    folder.mkdir()
    program = folder / "mvn"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_the_jars_are_fetched_once_and_kept_outside_the_work_tree(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Jars.find()
    mvn_that("exit 1", tmp_path / "bin", monkeypatch)
    second = Jars.find()

    assert first.folder == second.folder == own_cache / "kafka-4.3.1"
    assert (first.folder / "libs" / "kafka_2.13-4.3.1.jar").exists()


def test_a_failed_download_leaves_nothing_in_the_cache_and_gives_the_reason(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mvn_that("echo '[ERROR] no route to host'; exit 1", tmp_path / "bin", monkeypatch)

    with pytest.raises(StartError, match="no route to host"):
        Jars.find()

    assert list(own_cache.iterdir()) == []


@pytest.fixture
def without_java(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for variable in ("JAVA_HOME", "TEST_BACKEND", "KAFKA_BOOTSTRAP_SERVERS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    folder = temporary_folder()
    yield folder
    remove_folder(folder)


def test_without_java_the_start_says_what_to_install(without_java: Path) -> None:
    with pytest.raises(StartError, match="install Java 17"):
        kafka.start(without_java)
