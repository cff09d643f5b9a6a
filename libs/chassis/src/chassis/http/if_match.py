"""Operations that change a thing only in the version that the caller has read (If-Match)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from chassis.core.refusals import Refusal

View = dict[str, Any]
Operation = Callable[..., View]


def version_of(if_match: str | None) -> int | None:
    """Returns the version that a caller names, if the caller names one."""
    return None if if_match is None else int(if_match.strip('"'))


def in_version_read(changed: type[Refusal]) -> Callable[[Operation], Operation]:
    """Lets an operation change a thing only in the version that the caller names, if the caller names one.

    The operation's command counts one version, under locks that the command takes in its own order. So the version is
    compared behind the command, in the answer: `changed` undoes the transaction.
    """

    def wrap(operation: Operation) -> Operation:
        @wraps(operation)
        def change(*arguments: Any, if_match: str | None = None, **named: Any) -> View:
            view = operation(*arguments, **named)
            if (read := version_of(if_match)) is not None and view["version"] != read + 1:
                raise changed
            return view

        return change

    return wrap
