"""How single fields are read: what's at fault is noted by its path, what's odd is a warning."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chassis.core.refusals import Fault
from chassis.core.refusals import Findings as Faults
from saudi import Malformed
from saudi.text import parse_name

Value = TypeVar("Value")


@dataclass
class Findings(Faults):
    """Faults refuse the input; warnings only tell the reviewer."""

    warnings: list[Fault] = field(default_factory=list)

    def warn(self, path: str, code: str, **params: Any) -> None:
        """`params`: which number or day is meant, as JSON values."""
        self.warnings.append(Fault(path, code, params))


def text_or_none(value: str | None) -> str | None:
    return " ".join(value.split()) or None if value is not None else None


def read_name(value: str, path: str, findings: Findings) -> str:
    return read(findings, path, parse_name, value) or ""


def read(
    findings: Findings, path: str, parse: Callable[..., Value], *written: Any, **options: Any
) -> Value | None:
    """The value that `parse` reads from a field; None for a field at fault, which is noted."""
    try:
        return parse(*written, **options)
    except Malformed as error:
        findings.fault(path, error.code, **error.params)
        return None


def required(value: str, path: str, findings: Findings) -> str:
    text = text_or_none(value)
    findings.fault(path, None if text else "required")
    return text or ""
