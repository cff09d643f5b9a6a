"""Pages of a list: every row once, in order, by cursors that can't be forged or used elsewhere."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import DateTime, Text, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from chassis.core.refusals import InvalidFields
from chassis.core.settings import SettingsError
from chassis.data.paging import Page, PageRequest, PagingSettings, issue_cursor, keyset, read_cursor

SECRET = b"s" * 32
FIRST = PageRequest(limit=2, cursor=None, organisation="house", secret=SECRET)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {str: Text(), datetime: DateTime(timezone=True)}


class Visit(Base):
    __tablename__ = "visit"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


@dataclass(frozen=True)
class Search:
    since: datetime | None = None
    place: str | None = None


@pytest.fixture
def visits(session: Session) -> list[str]:
    """Five visits, two of them at the same moment; their ids in order."""
    session.execute(text("CREATE TEMP TABLE visit (id text PRIMARY KEY, at timestamptz NOT NULL)"))
    minutes = {"e": 0, "b": 1, "a": 2, "c": 2, "d": 3}
    session.add_all(Visit(id=name, at=NOW + timedelta(minutes=m)) for name, m in minutes.items())
    session.flush()
    return list(minutes)


def page(session: Session, request: PageRequest, search: Any = Search(), **how: Any) -> Page[Visit]:
    return keyset(session, select(Visit), [Visit.at, Visit.id], request, search=search, **how)


def read_all(session: Session, **how: Any) -> list[str]:
    found, request = [], FIRST
    while True:
        one = page(session, request, **how)
        found += [row.id for row in one.rows]
        if one.next_cursor is None:
            return found
        request = replace(FIRST, cursor=one.next_cursor)


def test_every_row_comes_once_and_in_order(session: Session, visits: list[str]) -> None:
    assert read_all(session) == visits
    assert read_all(session, newest_first=True) == visits[::-1]


def test_a_page_goes_on_where_the_last_one_ended_whatever_was_added_before(
    session: Session, visits: list[str]
) -> None:
    first = page(session, FIRST)
    session.add(Visit(id="x", at=NOW - timedelta(days=1)))
    session.flush()

    second = page(session, replace(FIRST, cursor=first.next_cursor))

    assert [row.id for row in [*first.rows, *second.rows]] == visits[:4]


def test_a_page_that_ends_with_the_last_row_names_no_next_one(
    session: Session, visits: list[str]
) -> None:
    assert page(session, replace(FIRST, limit=len(visits))).next_cursor is None


@pytest.mark.parametrize(
    ("changes", "search"),
    [
        ({"organisation": "another"}, Search()),
        ({"secret": b"t" * 32}, Search()),
        ({}, Search(place="tarout")),
        ({}, Search(since=NOW)),
        ({}, ["Search", None]),
    ],
)
def test_a_cursor_of_another_caller_search_or_key_is_refused(
    session: Session, visits: list[str], changes: dict[str, Any], search: Any
) -> None:
    cursor = page(session, FIRST).next_cursor

    with pytest.raises(InvalidFields) as refused:
        page(session, replace(FIRST, cursor=cursor, **changes), search)

    assert [(one.field, one.code) for one in refused.value.faults] == [("cursor", "cursor")]


def test_a_cursor_with_any_letter_changed_is_refused() -> None:
    cursor = issue_cursor(SECRET, "place", "search")

    for at in range(len(cursor)):
        forged = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        with pytest.raises(InvalidFields):
            read_cursor(SECRET, forged, "search")
    assert read_cursor(SECRET, cursor, "search") == "place"


@pytest.mark.parametrize("cursor", ["", "x", "x.y", "!", "ص", "\x00", "=", "A" * 4_000, "YWJj="])
def test_a_malformed_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidFields):
        read_cursor(SECRET, cursor, "search")


@pytest.mark.parametrize("key", ["", "short", "ص" * 43, "A" * 44])
def test_a_service_with_pages_does_not_start_without_a_whole_key(key: str) -> None:
    basic = {
        "DATABASE_URL": "postgresql+psycopg://localhost/x",
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
        "ISSUER": "https://i.test",
    }

    assert PagingSettings.load("sample", {**basic, "CURSOR_KEY": "A" * 43}).cursor_secret
    with pytest.raises(SettingsError):
        PagingSettings.load("sample", {**basic, "CURSOR_KEY": key})
    with pytest.raises(SettingsError, match="CURSOR_KEY"):
        PagingSettings.load("sample", basic)
