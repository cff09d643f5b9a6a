"""Facts of a request: each with where it comes from and since when it's known. A declaration is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

EDUCATION, PAYMENT, EXAMINATION = "education", "payment", "examination"


@dataclass(frozen=True)
class Source:
    """Where a fact comes from. `kind`: officer, payments, medical_centre; `known_at`: RFC 3339; `by`: a person's name
    or a centre's code; `reference`: of a document, an invoice, an examination."""

    kind: str
    known_at: str
    reference: str | None = None
    by: str | None = None

    def record(self) -> dict[str, Any]:
        """As it's stored and shown."""
        return {
            "kind": self.kind,
            "known_at": self.known_at,
            "reference": self.reference,
            "by": self.by,
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> "Source":
        """Of what `record` gave."""
        return cls(record["kind"], record["known_at"], record["reference"], record["by"])


@dataclass(frozen=True)
class Educated:
    """A passed course of health education, good until `valid_until`, the last day."""

    course: str
    valid_until: date
    source: Source


@dataclass(frozen=True)
class Examined:
    """The result that counts (`domain.examinations.counting`)."""

    fit: bool
    source: Source


@dataclass(frozen=True)
class Facts:
    """What is known of a request: None is nothing. `payment` is where the money is known from."""

    education: Educated | None = None
    payment: Source | None = None
    examination: Examined | None = None
