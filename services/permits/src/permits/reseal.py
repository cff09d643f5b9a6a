"""The command that seals anew, under the current keys, what an old key sealed."""

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy import ColumnElement, LargeBinary, func, or_, select, type_coerce
from sqlalchemy.orm.attributes import flag_modified

from chassis.db import Database
from permits import personal
from permits.models import PermitOwner, PermitRequest, RequestOwner
from permits.settings import Settings

BATCH = 500
SEALED: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (RequestOwner, ("name", "id_number", "mobile")),
    (PermitOwner, ("name", "id_number", "mobile")),
    (PermitRequest, ("representative",)),
)


def reseal(database: Database, say: Callable[[str], None]) -> int:
    """Answers how many rows were sealed anew, in transactions of 500. It may be run at any time, and again."""
    done = 0
    for model, columns in SEALED:
        while count := _batch(database, model, columns):
            done += count
            say(f"{model.__tablename__}: {count} rows")
    return done


def _batch(database: Database, model: Any, columns: tuple[str, ...]) -> int:
    statement = select(model).where(_old(model, columns)).limit(BATCH).with_for_update()
    with database.transaction() as session:
        rows = session.scalars(statement).all()
        for row in rows:
            for name in columns:
                if getattr(row, name) is not None:
                    flag_modified(row, name)
            if "id_number" in columns:
                row.id_key = personal.search_key(row.id_number)
        return len(rows)


def _old(model: Any, columns: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a column of the row was sealed, or its number hashed, under another key than the current one."""
    sealed, hashed = personal.current_keys()
    parts: list[ColumnElement[bool]] = [
        func.get_byte(type_coerce(getattr(model, name), LargeBinary), 0) != sealed
        for name in columns
    ]
    if "id_number" in columns:
        parts.append(model.id_key.not_like(f"v{hashed}:%"))
    return or_(*parts)


@click.command("reseal", help="Seal personal data anew under the current keys.")
def command() -> None:
    database = Database(Settings.load("permits").database_url)
    count = reseal(database, click.echo)
    database.dispose()
    click.echo(f"{count} rows sealed anew")
