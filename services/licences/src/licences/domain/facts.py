"""Facts: what is known, where it comes from, and until when it holds. A declaration is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

# Names of facts, each of one thing that conditions ask for.
PERSON, REGISTER, LEASE, SAFETY = "person", "register", "lease", "safety"
CLASSIFICATION, PERMIT, VIOLATIONS = "classification", "permit", "violations"
HEALTH, CLEANING, INSPECTION, REVIEW = "health", "cleaning", "inspection", "review"
STOPPED = "stopped"
# What somebody of the municipality judged of an application as it was then: one that's corrected is judged anew.
JUDGED = (INSPECTION, REVIEW)
# What an officer may verify from a document that he saw.
VERIFIABLE = (PERSON, REGISTER, LEASE, SAFETY, CLASSIFICATION, PERMIT, HEALTH, CLEANING)


@dataclass(frozen=True)
class Source:
    """Where a fact comes from. `kind`: a body (civil_register, commercial_register, lease_register, civil_defence,
    engineers_register), a service whose event told it (permits), the service's own records (licences), the rules, or
    a person (officer, inspector), then `by` names who. `reference`: the document or number; `known_at`: RFC 3339."""

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
class Fact:
    """`value` is plain JSON, its names those that the condition reads. After `valid_until` nothing is known."""

    name: str
    value: Mapping[str, Any]
    source: Source
    valid_until: date | None = None

    def holds(self, on: date) -> bool:
        """Whether it still counts on the day."""
        return self.valid_until is None or on <= self.valid_until

    def record(self) -> dict[str, Any]:
        """As a decision keeps it, to be made again."""
        until = self.valid_until.isoformat() if self.valid_until else None
        return {
            "name": self.name,
            "value": dict(self.value),
            "source": self.source.record(),
            "valid_until": until,
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> "Fact":
        """Of what `record` gave."""
        until = record["valid_until"]
        day = date.fromisoformat(until) if until else None
        return cls(record["name"], record["value"], Source.read(record["source"]), day)


Facts = Mapping[str, Fact]
