"""The base class of all tables of the gateway."""

from typing import Any, ClassVar

from sqlalchemy.orm import DeclarativeBase

from chassis.data.columns import TYPES
from chassis.data.db import new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES
