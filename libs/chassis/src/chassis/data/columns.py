"""How the types of annotated columns are stored, for the tables of every service: `type_annotation_map = TYPES`.

A service adds what only it has: `{**TYPES, list[str]: ARRAY(Text())}`.
"""

from datetime import date, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import mapped_column

Id = Annotated[str, mapped_column(UUID(as_uuid=False))]
Key = Annotated[str, mapped_column(UUID(as_uuid=False), primary_key=True)]
Halalas = Annotated[int, mapped_column(BigInteger)]
Document = dict[str, Any]
Documents = list[dict[str, Any]]

TYPES: dict[Any, Any] = {
    str: Text(),
    int: Integer(),
    float: Double(),
    bool: Boolean(),
    bytes: LargeBinary(),
    date: Date(),
    datetime: DateTime(timezone=True),
    # None is NULL, so that `IS NULL` finds it, and never the JSON text `null`.
    Document: JSONB(none_as_null=True),
    Documents: JSONB(none_as_null=True),
}
