"""The wall before password guessing. It stops an address, never an account: nobody can lock out somebody else."""

from datetime import timedelta

SOURCE_WINDOW = timedelta(minutes=15)
FAILURES_PER_SOURCE = 50
NAME_WINDOW = timedelta(hours=24)
FREE_FAILURES = 5
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)


def wait_after(failures_of_name: int) -> timedelta:
    """How long an address waits before its next try of a name: half a minute from the fifth failure on, then doubled.

    Who mistypes a few times waits little; who guesses gets a hundred tries a day for a name. Colleagues behind
    one address can hold each other up for a quarter of an hour at most.
    """
    if failures_of_name < FREE_FAILURES:
        return timedelta(0)
    doubled: int = 2 ** min(failures_of_name - FREE_FAILURES, 10)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def is_blocked(
    *, failures_of_name: int, since_last: timedelta | None, failures_of_source: int
) -> bool:
    """Whether an address has to wait: for this name, since it last failed with it, or for any.

    Failures of the name count for a day, those of the address for a quarter of an hour.
    """
    waits = since_last is not None and since_last < wait_after(failures_of_name)
    return waits or failures_of_source >= FAILURES_PER_SOURCE
