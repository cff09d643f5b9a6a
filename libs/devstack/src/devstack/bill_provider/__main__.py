"""`python -m devstack.bill_provider CONFIG`: serves until SIGTERM."""

import json
import signal
import sys
from pathlib import Path
from threading import Event

from devstack.bill_provider.serving import BillProvider
from devstack.bill_provider.settings import Settings


def main() -> None:
    facts = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    settings = Settings(**{**facts, "ledger": Path(facts["ledger"])})
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with BillProvider(settings) as provider:
        print(f"bill_provider: {provider.url}", flush=True)
        stop.wait()


main()
