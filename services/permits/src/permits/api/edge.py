"""What every operation shares at the edge."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from chassis.problems import FieldError, Problem
from permits.domain.errors import InvalidFields

Body = Mapping[str, Any]
Answer = dict[str, Any] | tuple[dict[str, Any], int]


def operation(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """Answers every field at fault: the chassis takes one per exception of a domain."""

    @wraps(function)
    def answer(*args: Any, **arguments: Any) -> Answer:
        try:
            return function(*args, **arguments)
        except InvalidFields as refusal:
            errors = [FieldError(fault.field, fault.code) for fault in refusal.errors]
            raise Problem("invalid-request", errors=errors) from None

    return answer


def note_of(body: Body | None) -> str | None:
    """The note of an optional body."""
    return body.get("note") if body else None
