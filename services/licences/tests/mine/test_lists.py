"""A list asks the database as often for many rows as for one."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from services.licences.tests.violations.conftest import Case
from sqlalchemy import event

from .applying import upload

# What a process reads by the clock beside (revocations, keys, quotas) is none of a list's.
_LISTED = re.compile(r"^SELECT\b.*\bFROM (violation|objection|draft|attachment)\b", re.DOTALL)

pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture
def statements(client: Any, database: Any) -> Callable[..., tuple[int, list[Any]]]:
    """Returns how many statements about its own rows a list needs, and its items."""

    def ask(path: str, header: Any) -> tuple[int, list[Any]]:
        client.get(path, headers=header)  # what a process reads once, it has read
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            answer = client.get(path, headers=header)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        assert answer.status_code == 200, answer.text
        return len([one for one in seen if _LISTED.search(one)]), answer.json()["items"]

    return ask


@pytest.mark.parametrize("path", ["/v1/violations", "/v1/my/violations"])
def test_violations_with_their_objections(
    statements: Any, everybody: Any, token: Any, session: Any, now: Any, path: str
) -> None:
    header = everybody["delegate"] if "/my/" in path else token("violations.read")
    Case(session, now).notified().objected()
    session.flush()
    one, _ = statements(path, header)

    for _ in range(3):
        Case(session, now).notified().objected()
    session.flush()
    many, items = statements(path, header)

    assert [item["objection"]["reasons"] for item in items] == ["الشهادة كانت سارية"] * 4
    assert one == many > 0


def test_drafts_with_their_files(client: Any, everybody: Any, statements: Any) -> None:
    header, path = everybody["delegate"], "/v1/my/licence-drafts"

    def keep(files: int) -> list[str]:
        sent = [upload(client, header) for _ in range(files)]
        client.post(path, json={"form": {}, "files": sent}, headers=header)
        return sent

    kept = [keep(1)]
    one, _ = statements(path, header)
    kept += [keep(2), keep(0)]
    many, items = statements(path, header)

    files = [sorted(file["attachment_id"] for file in item["files"]) for item in items]
    assert sorted(files) == sorted(sorted(ids) for ids in kept)
    assert one == many > 0
