"""How it's seen that all has come through, once nothing breaks any more. No question is waited for without an end: a
client of Kafka that lost its broker at a bad moment asks for ever."""

import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition

from devstack.machine import say

from .nemesis import pause

ANSWER_S = 30.0  # a question that takes longer is given up, and asked anew
TOLD_EVERY_S = 10.0
_ASKED_MS = 5_000
Ask = Callable[[], str]


@dataclass(frozen=True)
class Quiet:
    """`seconds`: until all had come through, None when the patience ended before. `waits_for`: what hadn't by then."""

    seconds: float | None
    waits_for: str = ""


def drained_in(
    is_done: Callable[[], bool], patience_s: float, every_s: float = 0.2
) -> float | None:
    """Seconds until all has come through, None when the patience ended before. A question that fails, because a server
    isn't back yet, is asked again."""
    return quiet_in(lambda: "" if is_done() else "the rest", patience_s, every_s).seconds


def quiet_in(
    waits_for: Ask, patience_s: float, every_s: float = 0.2, *, answer_s: float = ANSWER_S
) -> Quiet:
    """The same, of a question that says what hasn't come through; it answers nothing when all has."""
    began = time.monotonic()
    said, told = "a first answer", 0.0
    while (left := patience_s - (time.monotonic() - began)) > 0:
        said = _asked(waits_for, min(left, answer_s))
        if not said:
            return Quiet(time.monotonic() - began)
        if time.monotonic() - began > told + TOLD_EVERY_S:
            told = time.monotonic() - began
            say(f"faults: waits for {said} since {told:.0f} s")
        pause(every_s)
    return Quiet(None, said)


def _asked(waits_for: Ask, seconds: float) -> str:
    """The answer, in a thread of its own: what was asked when there's none in time, and which error there was."""
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
    """The innermost lines of a thread's stack, for a thread that doesn't end."""
    frame = sys._current_frames().get(thread.ident or 0)
    lines = traceback.extract_stack(frame)[-6:] if frame else ()
    return " > ".join(f"{one.filename.rpartition('/')[2]}:{one.lineno} {one.name}" for one in lines)


def lag(bootstrap: str, topic: str, group: str) -> int:
    """Records of a topic that a group hasn't committed."""
    client = KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,
        bootstrap_timeout_ms=_ASKED_MS,
    )
    try:
        parts = [TopicPartition(topic, n) for n in client.partitions_for_topic(topic) or ()]
        ends = client.end_offsets(parts, timeout_ms=_ASKED_MS)
        return sum(
            end - (client.committed(part, timeout_ms=_ASKED_MS) or 0) for part, end in ends.items()
        )
    finally:
        client.close(timeout_ms=_ASKED_MS)
