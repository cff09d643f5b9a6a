"""`python -m devstack.outside_bodies PORT`: serves until SIGTERM."""

import signal
import sys
from threading import Event

from devstack.outside_bodies.serving import OutsideBodies


def main() -> None:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with OutsideBodies(int(sys.argv[1])) as bodies:
        print(f"outside_bodies: {bodies.url}", flush=True)
        stop.wait()


main()
