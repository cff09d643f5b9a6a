"""Shared by the operations: the types of bodies and answers, the note of a body, and the version that was read."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from reports.domain.reports import ReportChanged

Body = Mapping[str, Any]
View = dict[str, Any]
Created = tuple[View, int]


def note_of(body: Body | None) -> str | None:
    """Returns the note of an optional body."""
    return body.get("note") if body else None


def in_version_read(operation: Callable[..., View]) -> Callable[..., View]:
    """Lets an operation change a report only in the version that the caller has read, if the caller names one
    (If-Match).

    Each command counts one version, under locks that the command takes in its own order. So the version is compared
    behind the command: ReportChanged undoes the transaction.
    """

    @wraps(operation)
    def change(*arguments: Any, if_match: str | None = None, **named: Any) -> View:
        view = operation(*arguments, **named)
        if if_match is not None and view["version"] != int(if_match.strip('"')) + 1:
            raise ReportChanged
        return view

    return change
