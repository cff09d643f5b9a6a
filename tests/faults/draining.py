"""How it's seen that all has come through, once nothing breaks any more."""

import time
from collections.abc import Callable

from kafka import KafkaConsumer, TopicPartition

from devstack.machine import say

from .nemesis import pause


def drained_in(
    is_done: Callable[[], bool], patience_s: float, every_s: float = 0.2
) -> float | None:
    """Seconds until all has come through, None when the patience ended before. A question that fails, because a server
    isn't back yet, is asked again."""
    began = time.monotonic()
    while time.monotonic() - began < patience_s:
        try:
            if is_done():
                return time.monotonic() - began
        except Exception as error:
            say(f"faults: waiting for what was broken ({type(error).__name__})")
        pause(every_s)
    return None


def lag(bootstrap: str, topic: str, group: str) -> int:
    """Records of a topic that a group hasn't committed."""
    client = KafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    try:
        parts = [TopicPartition(topic, n) for n in client.partitions_for_topic(topic) or ()]
        ends = client.end_offsets(parts)
        return sum(end - (client.committed(part) or 0) for part, end in ends.items())
    finally:
        client.close()
