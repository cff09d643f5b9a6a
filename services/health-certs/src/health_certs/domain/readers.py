"""Who may read the result of an examination, and why a request ended: the one table.

Health data are for the fewest (Personal Data Protection Law art. 23). Everybody else learns what the public state
says, and no more; that goes for the establishment that applied, pays and employs.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

RESULTS = "health-results.read"


class Reader(StrEnum):
    """To what a caller reads a request."""

    WORKER = "worker"
    RESULTS_OFFICER = "results_officer"
    OFFICER = "officer"
    ESTABLISHMENT = "establishment"


MAY_READ_RESULT: Mapping[Reader, bool] = {
    Reader.WORKER: True,
    Reader.RESULTS_OFFICER: True,
    Reader.OFFICER: False,
    Reader.ESTABLISHMENT: False,
}


def officer(scopes: Collection[str]) -> Reader:
    """What an employee of the municipality is, by the scopes of the token."""
    return Reader.RESULTS_OFFICER if RESULTS in scopes else Reader.OFFICER
