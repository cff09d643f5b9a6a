"""Refusals: the errors that a rule raises, the same for every service. Standard library only: a `domain` may import
this module.

A refusal names a problem type of `contracts/problems/` by its slug; chassis.http.problems makes the answer of it.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field as made
from types import MappingProxyType
from typing import Any, Self, TypeVar

Value = TypeVar("Value")
# So many faults are named in one answer, and looked for in one request.
MOST_FAULTS = 50
_WRITTEN = frozenset({"Lu", "Ll", "Lt", "Lo", "Nd", "Nl", "No"})
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")  # letters by their category, blanks to the eye


@dataclass(frozen=True)
class Fault:
    """One field at fault: its path (`owners.0.id_number`), a stable code of the problem files' `fields`, and the
    values for the code's text."""

    field: str
    code: str
    params: Mapping[str, Any] = made(default_factory=dict)


class Refusal(Exception):
    """A request that isn't carried out. `params` fill the problem's text; `code` is the reason beneath its type.

    `retry_after`: the seconds after which the same request may be carried out, where that's known. `members`: what the
    answer says besides, for programs (RFC 9457, 3.2); the contract declares them.
    """

    problem = "conflict"
    code: str | None = None
    faults: tuple[Fault, ...] = ()
    retry_after: int | None = None
    members: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(f"{self.problem} {params}" if params else self.problem)


class NotFound(Refusal):
    """The thing isn't there, or the caller may not know that it is."""

    problem = "not-found"


class Conflict(Refusal):
    """The present state doesn't allow the command. A service's subclass names its problem type."""


class IllegalTransition(Conflict):
    """The aggregate isn't in a status from which this action leads anywhere. `code` is the status."""

    problem = "illegal-transition"

    def __init__(
        self, action: str, status: str, possible: Iterable[Mapping[str, str]] = ()
    ) -> None:
        """`possible`: the names of the actions that the status allows, `{"ar": …, "en": …}` each."""
        self.code = str(status)
        super().__init__(action=str(action), status=str(status), next=list(possible))


class InvalidFields(Refusal):
    """Input that breaks a rule; names every field at fault."""

    problem = "invalid-request"

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__()
        self.faults = tuple(faults)
        self.args = (", ".join(f"{fault.field}: {fault.code}" for fault in self.faults),)

    @classmethod
    def of(cls, name: str, code: str, **params: Any) -> Self:
        """Returns the refusal of one field."""
        return cls([Fault(name, code, params)])


@dataclass
class Findings:
    """Collects faults, so that a caller reads all of them at once. `kind` is what `settle` raises."""

    kind: type[InvalidFields] = InvalidFields
    faults: list[Fault] = made(default_factory=list)

    def fault(self, path: str, code: str | None, **params: Any) -> None:
        """Notes a fault, unless `code` is None."""
        if code is not None:
            self.faults.append(Fault(path, code, params))

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Notes the faults of a check that raises them, and goes on with the next check."""
        try:
            yield
        except InvalidFields as refusal:
            self.faults.extend(refusal.faults)

    def read(
        self, path: str, parse: Callable[..., Value], *written: Any, **options: Any
    ) -> Value | None:
        """Returns the value that `parse` reads from a field. Notes a field at fault, and returns None."""
        with self.gather():
            return read_field(path, parse, *written, **options)
        return None

    def settle(self) -> None:
        """Raises `kind` when there was any fault."""
        if self.faults:
            raise self.kind(self.faults)


def read_field(path: str, parse: Callable[..., Value], *written: Any, **options: Any) -> Value:
    """Returns the value that `parse` reads from a field. Raises InvalidFields where `parse` raises a ValueError with a
    `code` (ADR 17)."""
    try:
        return parse(*written, **options)
    except ValueError as error:
        code: str | None = getattr(error, "code", None)
        if code is None:
            raise
        raise InvalidFields.of(path, code, **getattr(error, "params", {})) from None


def not_blank(text: str, name: str) -> str:
    """Returns the text of a field that a person has to fill, without blanks at its ends. Raises InvalidFields for a
    text in which there's no letter and no digit to be seen: blanks, points, marks of no width."""
    if not says_something(text):
        raise InvalidFields([Fault(name, "required")])
    return text.strip()


def says_something(text: str) -> bool:
    """Returns whether the text has a letter or a digit that is seen. Tatweel only lengthens one."""
    return any(unicodedata.category(sign) in _WRITTEN and sign not in _FILLERS for sign in text)
