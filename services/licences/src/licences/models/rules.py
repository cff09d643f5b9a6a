"""The versions of the rules."""

from datetime import date, datetime
from hashlib import sha256
from typing import ClassVar

from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document
from licences.models.base import Base


class RuleVersion(Aggregate, Base):
    """A version of the rules: activities, conditions, fees. `document` is what `domain.rules.Rules.read` reads, and
    `source` the file in which it was written. `loaded_at`: when the version was approved, or loaded by the command
    line. `replay`: the newest one, as `commands.replay` records it."""

    __tablename__ = "rule_version"
    aggregate_type: ClassVar[str] = "rules"

    name: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    effective_from: Mapped[date]
    document: Mapped[Document]
    source: Mapped[str]
    proposed_at: Mapped[datetime | None]
    proposed_by: Mapped[str | None]
    loaded_at: Mapped[datetime | None]
    loaded_by: Mapped[str | None]
    replay: Mapped[Document | None]

    @property
    def digest(self) -> str:
        """Returns the SHA-256 of the file, which two people can compare."""
        return sha256(self.source.encode()).hexdigest()
