"""Passed courses of health education. They're a worker's, and count for each request until they end."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.columns import Key
from chassis.data.sealed import BlindKey, Sealed
from health_certs.models.base import Base


class Education(Base):
    """`language`: in which it was held; `entered_by`: the officer's name, as it was."""

    __tablename__ = "education"
    __table_args__ = (Index(None, "worker_key"),)

    education_id: Mapped[Key]
    worker_number: Mapped[Any] = mapped_column(Sealed("education.worker_number"), nullable=True)
    worker_key: Mapped[str | None] = mapped_column(BlindKey(of="worker_number"))
    course: Mapped[str]
    language: Mapped[str]
    passed_on: Mapped[date]
    valid_until: Mapped[date]
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]
