"""`python -m tests.faults.promises NAME | all`: each promise in turn, a line of figures each; 1 when one is broken."""

import sys
import time
from collections.abc import Callable

from devstack.machine import StartError

from .again import rebuild, topic_twice
from .ended_rights import ended_rights
from .outages import kafka_away, postgres_away
from .poisoned import poison
from .restarts import rolling_restarts
from .stage import Broken
from .takeover import consumer_takeover, relay_takeover, zombies

PROMISES: dict[str, Callable[[], str]] = {
    "relay-takeover": relay_takeover,
    "consumer-takeover": consumer_takeover,
    "zombies": zombies,
    "kafka-away": kafka_away,
    "postgres-away": postgres_away,
    "rolling-restarts": rolling_restarts,
    "poison": poison,
    "topic-twice": topic_twice,
    "rebuild": rebuild,
    "ended-rights": ended_rights,
}


def main(names: list[str]) -> int:
    wanted = list(PROMISES) if names in ([], ["all"]) else names
    if unknown := [name for name in wanted if name not in PROMISES]:
        sys.stderr.write(
            f"no promise is called {', '.join(unknown)}; there are {', '.join(PROMISES)}\n"
        )
        return 2
    return max([_try(name) for name in wanted])


def _try(name: str) -> int:
    began = time.monotonic()
    try:
        said, kept = PROMISES[name](), "kept"
    except (Broken, StartError) as error:
        said, kept = str(error), "BROKEN"
    except Exception as error:  # the next one is tried all the same
        said, kept = f"{type(error).__name__}: {error}", "BROKEN"
    sys.stdout.write(f"{name}: {kept}: {said} [{time.monotonic() - began:.0f} s]\n")
    sys.stdout.flush()
    return int(kept != "kept")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
