"""Clients that send at a fixed rate whatever the answers take, and the percentiles of how long that took."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from threading import local
from typing import Any, TypeVar

import requests

One = TypeVar("One")
WHOLE_S = 30  # a shorter run is a look, and leaves the figures of the last whole one
SENDERS = 16
# Settings of a measured system: what's counted is far away.
UNLIMITED = {
    "PARTNER_GATEWAY_CLIENT_PER_MINUTE": "1000000",
    "PARTNER_GATEWAY_PARTNER_PER_MINUTE": "1000000",
    "NOTIFY_TEXTS_PER_DAY": "100000000",
}


class Clients:
    """Threads that send, each over its own connection."""

    def __init__(self) -> None:
        self._own = local()

    @property
    def http(self) -> requests.Session:
        """The calling thread's."""
        if not hasattr(self._own, "http"):
            self._own.http = requests.Session()
        http: requests.Session = self._own.http
        return http

    def send(self, things: Iterable[One], rate: float, send: Callable[[One, float], Any]) -> None:
        """Each at its time, so many a second, whatever the answers take; `send` gets it with that time, of the
        monotonic clock. Returns once all are answered."""
        began = time.monotonic()
        with ThreadPoolExecutor(SENDERS) as pool:
            for place, one in enumerate(things):
                at = began + place / rate
                time.sleep(max(0.0, at - time.monotonic()))
                pool.submit(send, one, at)


def spread(took: list[float]) -> dict[str, Any]:
    """Returns median, p99 and maximum of durations in seconds."""
    if len(took) < 2:
        return {"p50_s": None, "p99_s": None, "most_s": None}
    cuts = quantiles(took, n=100, method="inclusive")
    return {
        "p50_s": round(cuts[49], 3),
        "p99_s": round(cuts[98], 3),
        "most_s": round(max(took), 3),
    }
