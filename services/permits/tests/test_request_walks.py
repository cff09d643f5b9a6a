"""Walks through the life of requests. However they go: no money is lost or counted twice, no permit is issued without
review, approval and the money, by persons who may; nobody does both acts of a duty; each change is one event with the
next version; and from every state there's a way to a permit, or the request has ended and its number is free.
"""

from typing import Any

from chassis.testing_walks import WALKS, WalkDatabase, take_walks

from .walking_requests import TALLY, Requests


def test_no_order_of_persons_and_payments_loses_money_or_gets_stuck(
    session: Any, database: Any, desk_class: Any, house: Any
) -> None:
    kept = WalkDatabase(session, database)
    take_walks(
        lambda: Requests(kept, desk_class, house),
        TALLY,
        connection=session.connection(),
        few=12,
        steps=30,
    )

    if WALKS >= 5000:  # of a thousand walks one in eight times none comes to such an appeal
        for act in (
            "carried",
            "accept against cancellation",
            "accept against rejection",
            "agree_to_amount",
        ):
            assert TALLY.effects[act, ""] > 0, act
