"""Two operations at once on one thing, or on a thing and what it rests on: for each state of the matrix in which one of
them is possible, in both orders, the second started while the first holds its locks."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from typing import Any

import httpx
import pytest

from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.lock_order import SHARED
from chassis.files.attachments import Files
from chassis.process import Process
from chassis.testing import as_served, build_over
from chassis.testing_pairs import Pair, choose_pairs, empty_tables, filled_tables
from saudi.days import RIYADH, legal_day

from .conftest import older_of
from .operations import ROWS
from .test_matrix import APPLICATIONS, OPERATIONS, Asking, Cell, scope_of
from .things import BRANCH, Things

PEOPLE = ("p_one", "p_other")


def _needed(name: str) -> set[str]:
    path = OPERATIONS[name][1]
    return {part[1:-1] for part in path.split("/") if part.startswith("{")}


CHANGING = [
    name
    for name, row in ROWS.items()
    if row.act is not None
    and OPERATIONS[name][0] != "get"
    and (_needed(name) or row.named)
    and not (scope_of(name) or "").startswith("my-")
    and not name.endswith(("_file", "_files"))  # a file is its sender's, and no two are alike
]


def _pairs() -> list[tuple[str, str, str]]:
    """(state, one, other): the first is possible in the state, and both are about what the state made."""
    found = set()
    for one, other in itertools.product(CHANGING, repeat=2):
        if _needed(other) <= _needed(one) | {"permit_id"} and _root(one) & _root(other):
            found.add((ROWS[one].state, *sorted((one, other))))
    return choose_pairs(found)


def _root(name: str) -> set[str]:
    return _needed(name) or {"permit_id"}


@pytest.fixture(scope="module")
def real_database(
    service: Any, settings: Any, postgres_server: Any, database_url: str
) -> Iterator[Database]:
    """A database of the pairs' own: each play empties the tables."""
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url, seed=service.seed)
    )
    with closing(Process(service, settings, Database(url))) as process:
        yield process.database


@pytest.fixture(scope="module")
def client(real_database: Any, service: Any, settings: Any, issuer_key: Any) -> Any:
    """The application over the real database, for several threads."""
    app = build_over(real_database, service, settings, issuer_key).app
    transport = httpx.WSGITransport(app=as_served(app.wsgi))
    with httpx.Client(transport=transport, base_url="http://service.test") as client:
        yield client


@pytest.fixture(scope="module")
def kept(real_database: Database) -> frozenset[str]:
    return filled_tables(real_database)


@pytest.fixture
def pair_of(
    real_database: Any,
    kept: frozenset[str],
    client: Any,
    token: Any,
    house: Any,
    desk_class: Any,
    settings: Any,
) -> Callable[[str, tuple[str, str]], Pair]:
    today = str(legal_day(datetime.now(RIYADH)))
    older = older_of(house(**BRANCH)) | {"issued_on": "2025-03-01"}
    applications = dict(zip(APPLICATIONS, (house(**BRANCH), older), strict=True))
    asking = Asking(client, token, None, applications, today)

    def make(state: str) -> Mapping[str, str]:
        empty_tables(real_database, besides=kept)
        with real_database.transaction() as session:
            session.info[SHARED] = True
            desk = desk_class(session, house, Files.of(settings))
            desk.now = datetime.now(RIYADH)
            made: Mapping[str, str] = getattr(Things(desk), state)()
        return made

    def asks(made: Mapping[str, str], names: tuple[str, str]) -> Mapping[str, Callable[[], Any]]:
        def ask(name: str, subject: str) -> Any:
            cell = Cell("tarout", (str(scope_of(name)),), subject)
            answer = asking(name, made, cell)
            problem = answer.json() if answer.status_code >= 400 else {}
            return answer.status_code, problem.get("type"), problem.get("code")

        named = dict(zip(PEOPLE, names, strict=True))
        return {
            f"{name} by {who}": (lambda name=name, who=who: ask(name, who))
            for who, name in named.items()
        }

    return lambda state, names: Pair(
        real_database, lambda: make(state), lambda made: asks(made, names)
    )


@pytest.mark.parametrize(("state", "one", "other"), _pairs())
def test_two_at_once_come_to_what_one_after_the_other_comes_to(
    pair_of: Any, state: str, one: str, other: str
) -> None:
    pair = pair_of(state, (one, other))
    pair.require_serial_result(f"{one} by {PEOPLE[0]}", f"{other} by {PEOPLE[1]}")
