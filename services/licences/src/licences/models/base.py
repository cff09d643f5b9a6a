"""What all tables of the service have in common."""

from typing import Any, ClassVar

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from chassis.data.columns import TYPES
from chassis.data.db import new_metadata

Codes = list[str]


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {**TYPES, Codes: JSONB(none_as_null=True)}
