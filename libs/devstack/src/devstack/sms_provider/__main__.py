"""`python -m devstack.sms_provider CONFIG`: serves until SIGTERM."""

import json
import signal
import sys
from pathlib import Path
from threading import Event

from devstack.sms_provider.house import House
from devstack.sms_provider.settings import read_settings


def main() -> None:
    settings = read_settings(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with House(settings) as house:
        print(f"sms_provider: {house.url}", flush=True)
        stop.wait()


main()
