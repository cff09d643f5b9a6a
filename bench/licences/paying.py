"""From the payment of a licence's bill, at the bill system's stand-in, to the issue in the municipality's feed."""

import time
from collections.abc import Callable
from typing import Any

import psycopg
import requests

from bench.licences.feed import Reader
from bench.licences.submitting import Municipality, laundry

PATIENCE_S = 120.0
_REGISTERED = (
    "SELECT subject_id, bill_number FROM bill WHERE status = 'registered' AND subject_id = ANY(%s)"
)


class Bills:
    """The bills that `payments` has registered, read from its database: a text tells the payer."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._pay = description["bill_provider"]["pay"]
        self._database = description["databases"]["payments"].replace("+psycopg", "")

    def of(self, applications: set[str]) -> dict[str, str]:
        """Bill numbers by application, once each has one."""
        deadline = time.monotonic() + PATIENCE_S
        with psycopg.connect(self._database, autocommit=True) as connection:
            while True:
                found = dict(connection.execute(_REGISTERED, [list(applications)]).fetchall())
                if len(found) == len(applications) or time.monotonic() > deadline:
                    return found
                time.sleep(0.5)

    def pay(self, bill_number: str) -> None:
        answer = requests.post(self._pay, json={"bill_number": bill_number}, timeout=30)
        answer.raise_for_status()


def paid_to_issued(
    one: Municipality, bills: Bills, count: int, rate: float, spread: Callable[[list[float]], Any]
) -> dict[str, Any]:
    """Bills `count` shops first, then pays their bills at a fixed rate."""
    reader, http = Reader(one), requests.Session()
    numbers = bills.of({one.submit(http, laundry(one.name)) for _ in range(count)})
    began, paid = time.monotonic(), {}
    for place, (application, number) in enumerate(numbers.items()):
        paid[application] = began + place / rate
        time.sleep(max(0.0, paid[application] - time.monotonic()))
        bills.pay(number)
    missing = reader.wait_for_issue(set(paid), PATIENCE_S)
    reader.stop()
    took = [reader.issued[key] - at for key, at in paid.items() if key in reader.issued]
    return {"billed": len(numbers), "not_issued": len(missing), "rate": rate, **spread(took)}
