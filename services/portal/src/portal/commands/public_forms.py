"""Forms of several steps by people without an account: one of each name for a browser, found by its cookie."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from portal.models import PublicFormRow

# A form without a step for two hours is removed, because people share telephones and counter computers.
KEPT = timedelta(hours=2)


def open_form(session: Session, browser: str, name: str, now: datetime) -> dict[str, Any]:
    """Returns what a browser has typed into the form of that name; empty where there is none, or none younger than two
    hours."""
    row = session.get(PublicFormRow, _hash(browser, name))
    if row is None or row.saved_at < now - KEPT:
        return {}
    return dict(row.content)


def keep_form(
    session: Session, browser: str, name: str, content: Mapping[str, Any], now: datetime
) -> None:
    """Keeps what a browser has typed, in place of what it typed before."""
    row = {"form_hash": _hash(browser, name), "content": dict(content), "saved_at": now}
    statement = postgresql.insert(PublicFormRow).values(row)
    changed = {"content": statement.excluded.content, "saved_at": statement.excluded.saved_at}
    session.execute(
        statement.on_conflict_do_update(index_elements=[PublicFormRow.form_hash], set_=changed)
    )


def forget_form(session: Session, browser: str, name: str) -> None:
    """Removes the form of that name from a browser."""
    session.execute(delete(PublicFormRow).where(PublicFormRow.form_hash == _hash(browser, name)))


def drop_old_forms(session: Session, now: datetime) -> None:
    """Removes the forms that wait for more than two hours."""
    session.execute(delete(PublicFormRow).where(PublicFormRow.saved_at < now - KEPT))


def _hash(browser: str, name: str) -> str:
    return sha256(f"public form {name} {browser}".encode()).hexdigest()
