"""Shared by the operations: the types of bodies and answers, the note of a body, and the version that was read."""

from collections.abc import Mapping
from typing import Any

from chassis.http import if_match
from reports.domain.reports import ReportChanged

Body = Mapping[str, Any]
View = dict[str, Any]
Created = tuple[View, int]
# Marks an operation that changes a report only in the version that the caller has read.
in_version_read = if_match.in_version_read(ReportChanged)


def note_of(body: Body | None) -> str | None:
    """Returns the note of an optional body."""
    return body.get("note") if body else None
