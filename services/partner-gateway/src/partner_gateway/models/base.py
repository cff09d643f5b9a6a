"""What all tables of the gateway have in common."""

from datetime import datetime

from sqlalchemy import DateTime, Text
from sqlalchemy.orm import DeclarativeBase

from chassis.data.db import new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}
