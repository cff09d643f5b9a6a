"""Waits until all has come through, once nothing breaks any more. Each question to a server has an end: a client of
Kafka that lost its broker at a bad moment asks for ever."""

import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition

from chassis.data.db import Database
from chassis.events.outbox import backlog
from devstack.machine import say

from .nemesis import pause

ANSWER_S = 30.0  # a question that takes longer is given up, and asked anew
SHOWN_EVERY_S = 10.0
_KAFKA_MS = 5_000
Question = Callable[[], str]


@dataclass(frozen=True)
class Quiet:
    """`seconds`: until all had come through, None when the patience ended before; then `waits_for` says what hadn't."""

    seconds: float | None
    waits_for: str = ""


def quiet_in(
    waits_for: Question,
    patience_s: float,
    every_s: float = 0.2,
    *,
    answer_s: float = ANSWER_S,
    settles_s: float = 0.0,
) -> Quiet:
    """Waits until a question for what hasn't come through answers nothing, again after `settles_s`.

    A question that fails, because a server isn't back yet, is asked again.
    """
    began = time.monotonic()
    said, shown = "a first answer", 0.0
    while (left := patience_s - (time.monotonic() - began)) > 0:
        said = _answer(waits_for, min(left, answer_s))
        if not said and settles_s:
            pause(settles_s)
            said = _answer(waits_for, answer_s)
        if not said:
            return Quiet(time.monotonic() - began)
        if time.monotonic() - began > shown + SHOWN_EVERY_S:
            shown = time.monotonic() - began
            say(f"faults: waits for {said} since {shown:.0f} s")
        pause(every_s)
    return Quiet(None, said)


def _answer(waits_for: Question, seconds: float) -> str:
    """Asks in a thread. Without an answer in time returns where the thread hangs, after an error its text."""
    answers = queue.SimpleQueue[str]()

    def ask() -> None:
        try:
            answers.put(waits_for())
        except Exception as error:
            answers.put(f"an answer without {type(error).__name__}: {error}"[:300])

    thread = threading.Thread(target=ask, name="question", daemon=True)
    thread.start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        where = standing_at(thread)
        say(f"faults: no answer in {seconds:.0f} s, asked again: {where}")
        return f"an answer from {where}"


def standing_at(thread: threading.Thread) -> str:
    """Returns the innermost lines of a thread's stack, for a thread that doesn't end."""
    frame = sys._current_frames().get(thread.ident or 0)
    lines = traceback.extract_stack(frame)[-6:] if frame else ()
    return " > ".join(f"{one.filename.rpartition('/')[2]}:{one.lineno} {one.name}" for one in lines)


def unpublished(databases: Mapping[str, Database]) -> Iterator[str]:
    """Says in words which outboxes hold events back."""
    for name, database in databases.items():
        with database.transaction() as session:
            if held := backlog(session)[1]:
                yield f"{held} events of {name}"


def lag(bootstrap: str, topic: str, group: str) -> int:
    """Counts the records of a topic that a group hasn't committed."""
    client = KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,
        bootstrap_timeout_ms=_KAFKA_MS,
    )
    try:
        parts = [TopicPartition(topic, n) for n in client.partitions_for_topic(topic) or ()]
        ends = client.end_offsets(parts, timeout_ms=_KAFKA_MS)
        return sum(
            end - (client.committed(part, timeout_ms=_KAFKA_MS) or 0) for part, end in ends.items()
        )
    finally:
        client.close(timeout_ms=_KAFKA_MS)
