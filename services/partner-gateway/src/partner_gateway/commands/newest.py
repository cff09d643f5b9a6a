"""Rows of a projection: the newest version of each thing stays, whatever the order of arrival."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session


def keep_newest(session: Session, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Writes rows whose first column is the key, and whose `version` decides."""
    session.execute(_newer(table, tuple(rows[0])), rows)


@cache
def _newer(table: Table, columns: tuple[str, ...]) -> Any:
    """The upsert of these columns, made once for each table: building and compiling it costs more than running it."""
    statement = postgresql.insert(table)
    return statement.on_conflict_do_update(
        index_elements=[columns[0]],
        set_={name: statement.excluded[name] for name in columns[1:]},
        where=table.c.version < statement.excluded.version,
    )
