"""What a rule answers when it refuses. `problem` is the slug of a problem type in
contracts/problems."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One field at fault: its path (`owners.0.id_number`) and a stable code."""

    field: str
    code: str


class InvalidFields(Exception):
    """Input that breaks a rule; names every field at fault."""

    problem = "invalid-request"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.errors = tuple(faults)
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in self.errors))


@dataclass
class Findings:
    """Collects what a check finds: faults refuse the input, warnings only tell the reviewer."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def fault(self, path: str, code: str | None) -> None:
        """Notes a fault, unless `code` is None."""
        if code is not None:
            self.faults.append(Fault(path, code))

    def warn(self, path: str, code: str) -> None:
        self.warnings.append(Fault(path, code))

    def settle(self) -> None:
        """Raises InvalidFields when there was any fault."""
        if self.faults:
            raise InvalidFields(self.faults)


def stated(text: str, field_name: str) -> str:
    """A reason or a note that a person has to give. Raises InvalidFields when it's blank."""
    if not text.strip():
        raise InvalidFields([Fault(field_name, "required")])
    return text.strip()


class Refused(Exception):
    """A command that the state of things doesn't allow."""

    problem = "conflict"
    code: str | None = None

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(f"{self.problem} {params}")


class IllegalTransition(Refused):
    """The thing isn't in a status from which this action leads anywhere."""

    problem = "illegal-transition"

    def __init__(self, action: str, status: str) -> None:
        self.code = str(status)
        super().__init__(action=action, status=status)


class AlreadySubmitted(Refused):
    """Balady's request number is known here already."""

    problem = "already-submitted"


class NotFound(Refused):
    """There's no such thing here."""

    problem = "not-found"
