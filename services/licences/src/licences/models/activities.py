"""Versions of the rules, and the activities as they were published last."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document
from licences.models.base import Base


class RuleVersion(Base):
    """A version of the rules: activities, conditions, fees. `document` is what `domain.rules.Rules.read` reads."""

    __tablename__ = "rule_version"

    version: Mapped[str] = mapped_column(primary_key=True)
    effective_from: Mapped[date]
    document: Mapped[Document]
    loaded_at: Mapped[datetime]
    loaded_by: Mapped[str]


class Activity(Aggregate, Base):
    """An activity, as its last event said: `state` is events/licences/activity.v1.schema.json."""

    __tablename__ = "activity"
    aggregate_type: ClassVar[str] = "activity"

    code: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[Document]
    in_force_from: Mapped[date]
    in_force_until: Mapped[date | None]
