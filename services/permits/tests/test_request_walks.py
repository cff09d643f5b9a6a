"""Walks through the life of requests. However they go: no money is lost or counted twice, no permit is issued without
review, approval and the money, by persons who may; nobody does both acts of a duty; each change is one event with the
next version; and from every state there's a way to a permit, or the request has ended and its number is free.
`WALKS=10000` takes so many walks.
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from .walking_requests import REACHED, Requests

WALKS = int(os.environ.get("WALKS", "12"))
LIMITS = settings(
    max_examples=WALKS,
    stateful_step_count=30,
    deadline=None,
    derandomize=WALKS < 100,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_no_order_of_persons_and_payments_loses_money_or_gets_stuck(
    session: Any, desk_class: Any, house: Any
) -> None:
    REACHED.clear()
    run_state_machine_as_test(lambda: Requests(session, desk_class, house), settings=LIMITS)

    print(f"{WALKS} walks:", dict(REACHED.most_common()))  # noqa: T201 - with -s: how far walks came
    if WALKS >= 5000:  # of a thousand walks one in eight times none comes to such an appeal
        for act in (
            "carried",
            "accept against cancellation",
            "accept against rejection",
            "agree_to_amount",
        ):
            assert REACHED[act] > 0, act
