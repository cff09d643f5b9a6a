"""Sources of facts, as a decision names them. Standard library only: a `domain` may import this module."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Source:
    """Where a fact comes from. `kind`: a word of the service, such as officer, payments or civil_register; `known_at`:
    RFC 3339; `reference`: the number of a document, an invoice or an examination; `by`: a person's name or an
    organisation's code."""

    kind: str
    known_at: str
    reference: str | None = None
    by: str | None = None

    def record(self) -> dict[str, Any]:
        """Returns the source as it's stored and shown."""
        return {
            "kind": self.kind,
            "known_at": self.known_at,
            "reference": self.reference,
            "by": self.by,
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """Reads what `record` returned."""
        return cls(record["kind"], record["known_at"], record["reference"], record["by"])
