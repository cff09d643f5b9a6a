"""What the tables share: the base with its types, and short names for columns."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, mapped_column

from chassis.data.db import new_metadata

Id = Annotated[str, mapped_column(UUID(as_uuid=False))]
Key = Annotated[str, mapped_column(UUID(as_uuid=False), primary_key=True)]
Halalas = Annotated[int, mapped_column(BigInteger)]
Document = dict[str, Any]
Documents = list[dict[str, Any]]
Codes = list[str]


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        int: Integer(),
        bool: Boolean(),
        bytes: LargeBinary(),
        date: Date(),
        datetime: DateTime(timezone=True),
        Document: JSONB(none_as_null=True),
        Documents: JSONB(none_as_null=True),
        Codes: JSONB(none_as_null=True),
    }
