"""Operations that change a thing only in the version that the caller has read."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from permits.commands.version_read import drop_expectation, expect_version
from permits.context import Call
from permits.domain.corrections import require_version

AnswerT = TypeVar("AnswerT")
# The ids in paths of the things that have a version.
_IDS = ("request_id", "permit_id", "certificate_id", "release_id", "appeal_id")


def in_version_read(operation: Callable[..., AnswerT]) -> Callable[..., AnswerT]:
    """Lets an operation change a thing only in the version that the caller has read, if the caller names a version
    (If-Match). An operation that changed nothing is refused too, where its answer shows another version."""

    @wraps(operation)
    def change(call: Call, *, if_match: str | None = None, **named: Any) -> AnswerT:
        if if_match is None:
            return operation(call, **named)
        version = int(if_match.strip('"'))
        expect_version(call.session, next(named[one] for one in _IDS if one in named), version)
        try:
            answer = operation(call, **named)
        finally:
            is_uncompared = drop_expectation(call.session)
        if is_uncompared and isinstance(answer, dict):
            require_version(version, answer["version"])
        return answer

    return change
