"""Every operation of the contract × every scope × branch, governorate, partner, citizen, nobody × who did what before ×
refused or warned: no wrong cell.

What a cell has to be follows from the contract (which scope opens it, how it answers), from whose thing it is, and from
reference/separation-of-duties.yaml. An operation that's new has no row in `operations.py`, and fails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from chassis.core import contracts
from chassis.core.ids import new_id
from permits import catalogue
from permits.domain.actors import DutyRule, Mode
from saudi.days import RIYADH, legal_day

from .conftest import older_of
from .operations import ROWS, Row
from .things import BRANCH, Things

CONTRACT = contracts.openapi("permits")
OPERATIONS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    item[method]["operationId"]: (method, path, item[method])
    for path, item in CONTRACT["paths"].items()
    for method in contracts.METHODS
    if method in item
}
# The holders of tokens: the claims of the organisation.
TENANTS: Mapping[str, Mapping[str, Any]] = {
    "tarout": {"organisation_kind": "affiliated_municipality", "municipality": "tarout"},
    "qatif": {"organisation_kind": "municipality", "municipality": "qatif"},
    "safwa": {"organisation_kind": "affiliated_municipality", "municipality": "safwa"},
    "sec": {"organisation_kind": "partner", "municipality": None},
    "citizen": {},  # has a token of its own kind
}
SEES = {"tarout", "qatif"}  # whose branch it is, and the governorate
SCOPES = sorted(
    scope
    for scope, declared in contracts.read("scopes.yaml")["scopes"].items()
    if declared["audience"] == "permits"
)
OWNER = "1000000008"  # of all that things.py makes
FIRST, FRESH = (
    "p_reviewer",
    "p_fresh",
)  # who did what comes first in every duty, and who did nothing
APPLICATIONS = ("submit_permit_request", "enter_older_permit")
# Their bodies say for which branch: another one's is refused.
FOR_A_BRANCH = (*APPLICATIONS, "start_permit_import")
# A file is of nothing before it's attached: all that counts is that its sender acts for some branch.
OF_NO_BRANCH = "upload_permit_attachment"


@dataclass(frozen=True)
class Cell:
    """A person with scopes, the person's earlier act, and whether a broken duty is refused or noted."""

    who: str
    held: tuple[str, ...]
    subject: str = FRESH
    mode: Mode = Mode.REFUSE


def scope_of(name: str) -> str | None:
    """The scope that opens an operation; None for an operation that's open to everybody."""
    needs = OPERATIONS[name][2]["security"]
    return needs[0]["oauth2"][0] if needs else None


def cells(name: str) -> Iterator[Cell]:
    """Every scope by itself for whose thing it is; for everybody else the right one, all others together, and none."""
    needed = scope_of(name)
    others = tuple(scope for scope in SCOPES if scope != needed)
    right = (needed,) if needed else ()
    for who in TENANTS:
        each = [(scope,) for scope in SCOPES] if who == "tarout" else [right]
        yield from (Cell(who, held) for held in (*each, others, ()))
    yield Cell("nobody", ())
    for subject in (FIRST, FRESH):
        yield from (Cell("tarout", right, subject, mode) for mode in Mode)


def answered(name: str) -> int:
    return int(next(iter(OPERATIONS[name][2]["responses"])))


def expected(name: str, row: Row, cell: Cell) -> set[int]:
    """The statuses that are right."""
    needed = scope_of(name)
    if needed is None:
        return {200, 404}
    if cell.who == "nobody":
        return {401}
    if needed not in cell.held:
        return {403}
    if needed.startswith("my-"):
        return {answered(name) if cell.who == "citizen" else 404}
    if cell.who not in SEES and ("{" in OPERATIONS[name][1] or row.named):
        return {404}
    if cell.who not in SEES and name in FOR_A_BRANCH:
        return {400}
    if name == OF_NO_BRANCH and not TENANTS[cell.who].get("municipality"):
        return {404}
    if row.duty and cell.subject == FIRST and cell.mode is Mode.REFUSE:
        return {409}
    return {answered(name)}


@dataclass(frozen=True)
class Asking:
    """Asks an operation as a cell says."""

    client: Any
    token: Any
    citizen: Any
    applications: Mapping[str, Mapping[str, Any]]
    today: str

    def __call__(self, name: str, values: Mapping[str, str], cell: Cell) -> Any:
        method, path, _ = OPERATIONS[name]
        url = path.format(**{"document_id": "b5YZ_4uGQBG0LQDPT8lk_w", **values})
        headers = {}
        if cell.who == "citizen":
            headers = self.citizen(OWNER, *cell.held)
        elif cell.who != "nobody":
            claims = {"organisation": cell.who, **TENANTS[cell.who], "sub": cell.subject}
            headers = self.token(*cell.held, **claims)
        sent = self._sent(self._body(name, {**values, "subject": cell.subject}))
        return self.client.request(method, url, headers=headers, **sent)

    @staticmethod
    def _sent(body: Any) -> dict[str, Any]:
        """A body with a file goes as a form."""
        if not isinstance(body, Mapping) or "file" not in body:
            return {"json": body}
        file = body["file"]
        fields = {name: value for name, value in body.items() if name != "file"}
        return {"data": fields, "files": {"file": (file.name, file.content, file.content_type)}}

    def _body(self, name: str, values: Mapping[str, str]) -> Any:
        if name in self.applications:
            return self.applications[name]
        if (made := ROWS[name].body) is not None:
            return made(self.today, values)
        content = OPERATIONS[name][2].get("requestBody", {}).get("content", {})
        if not content:
            return None
        media = content["application/json"]
        if "example" in media:
            return media["example"]
        example = next(iter(media["examples"].values()))
        reference = example["$ref"].rsplit("/", 1)[1]
        return CONTRACT["components"]["examples"][reference]["value"]


@pytest.fixture
def desk(desk: Any) -> Any:
    """Sets the desk to today: the operations go by the clock."""
    desk.now = datetime.now(RIYADH)
    return desk


@pytest.fixture
def asking(client: Any, token: Any, citizen: Any, house: Any, desk: Any) -> Asking:
    older = older_of(house(**BRANCH)) | {"issued_on": "2025-03-01"}
    bodies = (house(request_number="44129999", **BRANCH), older)
    applications = dict(zip(APPLICATIONS, bodies, strict=True))
    return Asking(client, token, citizen, applications, str(legal_day(desk.now)))


@pytest.fixture
def mode(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`mode(Mode.WARN)`: what's done of a broken duty in the branch."""
    house = catalogue.duty_rules()
    here = frozenset([BRANCH["municipality"]])

    def put(wanted: Mode) -> None:
        rule = DutyRule(here, wanted, house[0].since, None)
        monkeypatch.setattr(catalogue, "duty_rules", lambda: (*house, rule))

    return put


def acts(session: Any) -> list[tuple[str, str, Any]]:
    """The history of all that the test made, in order: who, what, details."""
    rows = session.execute(text("SELECT subject, action, details FROM journal ORDER BY entry_id"))
    return [(row.subject, row.action, row.details) for row in rows]


def is_shown(name: str, cell: Cell) -> bool:
    """Whether an answer has the branch's, or the citizen's own."""
    needed = scope_of(name) or ""
    return cell.who == "citizen" if needed.startswith("my-") else cell.who in SEES


def faults(name: str, cell: Cell, answer: Any, shown: str | None, done: list[Any]) -> list[str]:
    """What's wrong about an answer of the right status, and about what it left in the history."""
    row, wrong = ROWS[name], []
    if answer.status_code != answered(name):
        wrong += [f"a refused act left {done}"] if done else []
        if answer.status_code == 409 and answer.json()["code"] != row.duty:
            wrong.append(f"refused as {answer.json()['code']}")
        return wrong
    if shown is not None and (shown in answer.text) != is_shown(name, cell):
        wrong.append("it shows another branch's, or not its own")
    mine = [one for one in done if one[0] == cell.subject]
    if (row.act in [one[1] for one in mine]) != (row.act is not None):
        wrong.append(f"the history has {done}")
    noted = {(one[2] or {}).get("duty") for one in mine} - {None}
    if noted != ({row.duty} if row.duty and cell.subject == FIRST else set()):
        wrong.append(f"noted: {noted}")
    return wrong


def test_every_operation_has_a_row_and_every_duty_an_operation() -> None:
    assert set(ROWS) == set(OPERATIONS)
    assert {row.duty for row in ROWS.values()} - {None} == {one.code for one in catalogue.duties()}
    for row in ROWS.values():
        then = row.then or row.act
        assert all(one.then == then for one in catalogue.duties() if one.code == row.duty)


@pytest.mark.parametrize("name", ROWS)
def test_every_cell_of_an_operation(
    database: Any, session: Any, desk: Any, asking: Asking, mode: Any, name: str
) -> None:
    row, wrong, asked = ROWS[name], [], 0
    values = getattr(Things(desk), row.state)()
    session.flush()
    before = acts(session)
    missing = {name: new_id() if name.endswith("_id") else it for name, it in values.items()}
    for cell in cells(name):
        turn = database.connection.begin_nested()
        mode(cell.mode)
        answer = asking(name, values, cell)
        done = acts(session)[len(before) :]
        if answer.status_code not in expected(name, row, cell):
            wrong.append((cell, answer.status_code, answer.text[:300]))
        elif scope_of(name) is not None:
            shown = values[row.shows] if row.shows else None
            wrong += [(cell, one) for one in faults(name, cell, answer, shown, done)]
            if answer.status_code == 404 and asking(name, missing, cell).json() != answer.json():
                wrong.append((cell, "it doesn't look like a missing one"))
        turn.rollback()
        asked += 1

    assert wrong == []
    assert asked == len(list(cells(name)))
    if row.duty:
        [duty] = [one for one in catalogue.duties() if one.code == row.duty]
        assert {one[1] for one in before if one[0] == FIRST} & duty.first
