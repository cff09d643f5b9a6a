"""Bugs of transactions, appointments and tenders, for the worlds of the three registers."""

import random
import time
from functools import partial
from typing import Any

from . import in_serve
from .bug import beside, patch
from .bug import bug as any_bug

transactions = partial(any_bug, world="transactions")
appointments = partial(any_bug, world="appointments")
tenders = partial(any_bug, world="tenders")


def _forget_keys() -> None:
    from chassis.data import idempotency

    patch(idempotency, "begin", lambda *_words, **_names: None)
    patch(idempotency, "keep", lambda *_words, **_names: None)


@transactions("one call is one thing", "transactions", "serve")
def each_call_is_an_entry() -> None:
    """The key of a call holds back no second entry."""
    _forget_keys()


@transactions(
    "numbers are complete and unique",
    "transactions",
    "serve",
    nemesis=("sigkill-transactions-serve",),
)
def number_before_the_entry() -> None:
    """The number is drawn and committed by itself: dying before the entry's commit leaves it out."""
    from transactions.commands import enter

    draw = enter.draw

    def at_once(session: Any, *series: Any) -> int:
        with beside(session) as apart:
            number: int = draw(apart, *series)
            apart.commit()
        time.sleep(0.3)
        return number

    patch(enter, "draw", at_once)


@transactions(
    "every version is told once", "transactions", "serve", nemesis=("sigkill-transactions-serve",)
)
def entry_is_told_afterwards() -> None:
    """Two writes: the event of a change has a transaction of its own, and dying between the two loses it."""
    in_serve.publish_after_commit()


@appointments("one call is one thing", "appointments", "serve")
def each_call_is_a_booking() -> None:
    """The key of a call holds back no second booking."""
    _forget_keys()


@appointments("no place is taken twice", "appointments", "serve")
def seats_are_looked_up_and_taken() -> None:
    """The constraint doesn't see two bookings of one place, because each gets a lane of its own: people who come
    between the look and the booking get the same place."""
    from appointments.commands import seats
    from appointments.models import Department

    look = seats._free_places

    def slowly(*words: Any) -> Any:
        found = list(look(*words))
        time.sleep(0.3)
        return found

    def lane_of(_self: Department, place: Any) -> int:
        return random.randrange(1, 200_000) * 10_000 + place.counter * 100 + place.place

    patch(seats, "_free_places", slowly)
    patch(Department, "lane_of", lane_of)


@appointments("an open appointment has its seat, and no other has one", "appointments", "serve")
def cancelled_appointments_keep_their_seat() -> None:
    """A cancellation frees no seat."""
    from appointments.commands import changing

    patch(changing, "_free_seats", lambda *_words: None)


@tenders("one call is one thing", "tenders", "serve")
def each_call_is_a_tender() -> None:
    """The key of a call holds back no second draft."""
    _forget_keys()


@tenders("every public version is one release", "tenders", "serve")
def some_releases_are_left_out() -> None:
    """The release of one change in five is skipped."""
    from tenders.commands import recording

    publish = recording._publish_release

    def careless(*words: Any) -> None:
        if random.random() > 0.2:
            publish(*words)

    patch(recording, "_publish_release", careless)


@tenders("a follower hears of each notice once", "tenders", "deadlines")
def notices_end_with_the_first_batch() -> None:
    """A notice is finished with its first batch, though the batch is full."""
    from tenders.commands import followers

    publish_batch = followers._publish_batch

    def careless(work: Any, notice: Any, batch: Any) -> None:
        publish_batch(work, notice, batch)
        notice.finished_at = work.now

    patch(followers, "BATCH", 1)
    patch(followers, "set_deadline", lambda *_words: None)
    patch(followers, "_publish_batch", careless)
