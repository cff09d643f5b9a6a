"""`python -m devstack.national_login CONFIG`: serves until SIGTERM."""

import json
import signal
import sys
from pathlib import Path
from threading import Event

from devstack.national_login.provider import Provider, read_settings


def main() -> None:
    settings = read_settings(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Provider(settings) as provider:
        print(f"national_login: {provider.url}", flush=True)
        stop.wait()


main()
