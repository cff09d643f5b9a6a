"""Every operation of the contract × every tenant × every scope × citizen, delegate, stranger, nobody ×
whose thing it is: no wrong cell.

What a cell has to be follows from the contract and from two rules: a scope opens its operations, and a thing is there
for its municipality and the governorate, or for whom it belongs to. To everybody else it looks as if it weren't there.
An operation that's new is asked like the others; one about a thing that isn't made here fails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.recording import SYSTEM
from licences.commands.violations.observe import (
    Observation,
    confirm_violation,
    notify_offender,
    observe_violation,
)
from licences.models import Inspection, Licence, RuleVersion

from .conftest import OWNER, SHOP
from .mine.conftest import DELEGATE, FORMER, OTHER, STRANGER, citizen
from .violations.conftest import OFFENDER

__all__ = ["citizen"]  # the fixture
pytestmark = pytest.mark.usefixtures("rules")

CONTRACT = contracts.openapi("licences")
OPERATIONS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    item[method]["operationId"]: (method, path, item[method])
    for path, item in CONTRACT["paths"].items()
    for method in contracts.METHODS
    if method in item
}
MUNICIPALITIES = {"saihat": "سيهات", "tarout": "تاروت"}  # whose things there are, and where
# The holders of tokens: the claims of the organisation.
TENANTS = {
    "safwa": ("affiliated_municipality", "safwa"),
    "saihat": ("affiliated_municipality", "saihat"),
    "tarout": ("affiliated_municipality", "tarout"),
    "qatif": ("municipality", "qatif"),
    "sec": ("partner", None),
}
ELSEWHERE = "7000000021"  # an establishment for which none of them acts
CITIZENS = {"owner": (OWNER, SHOP), "delegate": (DELEGATE, SHOP), "stranger": (STRANGER, OTHER)}
SCOPES = sorted(
    scope
    for scope, declared in contracts.read("scopes.yaml")["scopes"].items()
    if declared["audience"] == "licences"
)
# Bodies that name no file and no establishment, in the place of the examples.
BODIES = {
    "attach_my_files": {"files": []},
    "attach_to_my_draft": {"files": []},
    "change_draft": {"form": {"kind": "shop"}},
}
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)
HIDDEN = 404
RULES = "/v1/licence-rules/"  # of the governorate, for all municipalities
# What a token may not be answered where its scope opens the operation.
SHUT = {401, 403}


@dataclass(frozen=True)
class Cell:
    """A caller, the caller's scopes, and the municipality of the row."""

    who: str
    held: tuple[str, ...]
    owner: str


def scope_of(name: str) -> str | None:
    """Returns the scope that opens an operation; None for a public operation."""
    needs = OPERATIONS[name][2]["security"]
    return needs[0]["oauth2"][0] if needs else None


def is_of_a_thing(name: str) -> bool:
    return (
        "{" in OPERATIONS[name][1]
        and scope_of(name) is not None
        and "{code}" not in OPERATIONS[name][1]
    )


def cells(name: str) -> Iterator[Cell]:
    """Every scope by itself for the row's owner; for everybody else the right scope, all others together, and none."""
    needed = scope_of(name)
    others = tuple(scope for scope in SCOPES if scope != needed)
    right = ((needed,),) if needed else ()
    for who in (*TENANTS, *CITIZENS):
        each = tuple((scope,) for scope in SCOPES) if who == "saihat" else right
        for scopes in (*each, others, ()):
            # Without the scope it doesn't matter whose thing it is.
            owners = MUNICIPALITIES if needed in scopes and is_of_a_thing(name) else ["saihat"]
            yield from (Cell(who, scopes, owner) for owner in owners)
    yield Cell("nobody", (), "saihat")


def is_shown(name: str, cell: Cell) -> bool:
    """Returns whether a caller with the right scope sees the row. The governorate alone sees versions of the rules.
    Citizens see the shop's rows of every municipality, but for a draft."""
    if OPERATIONS[name][1].startswith(RULES):
        return cell.who == "qatif"
    if not scope_of(name).startswith("my-"):
        return cell.who in {cell.owner, "qatif"}
    is_elsewhere = "{draft_id}" in OPERATIONS[name][1] and cell.owner != "saihat"
    return cell.who in ("owner", "delegate") and not is_elsewhere


def is_right(name: str, cell: Cell, status: int) -> bool:
    needed = scope_of(name)
    if needed is None:
        return status not in SHUT
    if cell.who == "nobody":
        return status == 401
    if needed not in cell.held:
        return status == 403
    if not is_of_a_thing(name):
        return status not in SHUT
    return (status not in SHUT | {HIDDEN}) if is_shown(name, cell) else status == HIDDEN


@pytest.fixture
def header(token: Any, citizen: Any) -> Any:
    """`header(cell)` → the headers of its token."""

    def of(cell: Cell) -> Mapping[str, str]:
        if cell.who == "nobody":
            return {}
        if cell.who in CITIZENS:
            number, acts_for = CITIZENS[cell.who]
            found: Mapping[str, str] = citizen(number, acts_for, scope=" ".join(cell.held))
            return found
        kind, municipality = TENANTS[cell.who]
        made: Mapping[str, str] = token(
            *cell.held, organisation=cell.who, organisation_kind=kind, municipality=municipality
        )
        return made

    return of


@dataclass(frozen=True)
class Things:
    """Makes the row that an operation's path names: `things(operation, municipality)` → the values of the path."""

    decided: Any
    shop: Any
    session: Any
    now: datetime
    client: Any
    header: Any
    citizen: Any
    officer: Any

    def __call__(self, name: str, municipality: str) -> dict[str, str]:
        path = OPERATIONS[name][1]
        place = self.shop()["place"] | {"town": MUNICIPALITIES[municipality], "district": "الديرة"}
        found: dict[str, str] = {}
        if path.startswith(RULES):
            found["rules"] = str(self.session.scalar(select(RuleVersion.name)))
        if "{application_id}" in path:
            found["application_id"] = self._application(place)
        if "{licence_no}" in path:
            found["licence_no"] = self._licence(place).licence_no
        if "{inspection_id}" in path:
            found["inspection_id"] = self._inspection(place)
        if "{draft_id}" in path:
            found["draft_id"] = self._draft(municipality)
        if "{violation_id}" in path:
            with_file = "{attachment_id}" in path
            found |= self._violation(municipality, with_file=with_file, told="/my/" in path)
        elif "{draft_id}" in path and "{attachment_id}" in path:
            found["attachment_id"] = self._draft_file(municipality, found["draft_id"])
        elif "{attachment_id}" in path:
            found["attachment_id"] = self._file(found["application_id"])
        return found

    def _application(self, place: Mapping[str, Any]) -> str:
        row = self.decided(self.shop(place=place), municipality=municipality_of(place))
        return str(row.application_id)

    def _licence(self, place: Mapping[str, Any]) -> Licence:
        row = self.decided(self.shop(place=place), municipality=municipality_of(place))
        receive_payment(
            UnitOfWork(self.session, SYSTEM, self.now), row.invoice_id, paid_at=self.now
        )
        found: Licence = self.session.get_one(Licence, row.licence_id)
        return found

    def _inspection(self, place: Mapping[str, Any]) -> str:
        licence_id = self._licence(place).licence_id
        visit = self.session.query(Inspection).filter_by(licence_id=licence_id).one()
        return str(visit.inspection_id)

    def _draft(self, municipality: str) -> str:
        who = (DELEGATE, SHOP) if municipality == "saihat" else (FORMER, ELSEWHERE)
        body = {"form": {}, "establishment": who[1]}
        of_them = self.citizen(*who, scope="my-licences.write")
        made = self.client.post("/v1/my/licence-drafts", json=body, headers=of_them)
        return str(made.json()["draft_id"])

    def _draft_file(self, municipality: str, draft_id: str) -> str:
        who = (DELEGATE, SHOP) if municipality == "saihat" else (FORMER, ELSEWHERE)
        of_them = self.citizen(*who, scope="my-licences.write")
        file = self._uploaded("/v1/my/licence-attachments", of_them)
        body = {"form": {}, "establishment": who[1], "files": [file]}
        self.client.put(f"/v1/my/licence-drafts/{draft_id}", json=body, headers=of_them)
        return file

    def _violation(self, municipality: str, *, with_file: bool, told: bool) -> dict[str, str]:
        """Makes a violation of which its offender was notified; with a file it's only observed, unless the offender is
        `told`."""
        inspector = self.header(Cell(municipality, ("violations.record",), municipality))
        files = [self._uploaded("/v1/violation-attachments", inspector)] if with_file else []
        sight = Observation(
            item="5001", municipality=municipality, offender=OFFENDER, note="رصد", pictures=files
        )
        officer = self._officer_of(municipality)
        row = observe_violation(UnitOfWork(self.session, officer, self.now), sight)
        number = str(row.violation_id)
        found = {"violation_id": number, **({"attachment_id": files[0]} if files else {})}
        if with_file and not told:
            return found
        confirm_violation(UnitOfWork(self.session, officer, self.now), number, note="قائمة")
        notify_offender(UnitOfWork(self.session, officer, self.now), number)
        return found

    def _file(self, application_id: str) -> str:
        mine = self.header(Cell("delegate", ("my-licences.read", "my-licences.write"), "saihat"))
        file = self._uploaded("/v1/my/licence-attachments", mine)
        path = f"/v1/my/licence-applications/{application_id}/files"
        answer = self.client.post(path, json={"files": [file]}, headers=mine)
        assert answer.status_code == 200, answer.text
        return file

    def _uploaded(self, path: str, headers: Any) -> str:
        files = {"file": ("عقد.png", PICTURE, "image/png")}
        answer = self.client.post(path, files=files, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["attachment_id"])

    def _officer_of(self, municipality: str) -> Any:
        return replace(
            self.officer,
            subject="p_test",
            client_id="test-client",
            organisation=municipality,
            attributes={"municipality": municipality},
        )


@pytest.fixture
def things(
    submit_and_decide: Any,
    shop: Any,
    session: Any,
    now: datetime,
    client: Any,
    header: Any,
    citizen: Any,
    officer: Any,
) -> Things:
    return Things(submit_and_decide, shop, session, now, client, header, citizen, officer)


def municipality_of(place: Mapping[str, Any]) -> str:
    return next(code for code, town in MUNICIPALITIES.items() if town == place["town"])


def request(client: Any, name: str, values: Mapping[str, str], headers: Any) -> Any:
    """The operation with the example of its body."""
    method, path, operation = OPERATIONS[name]
    code = {"code": "960111", "document_id": new_id()}
    url = path.format(**code | dict(values))
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        files = {"file": ("عقد.png", PICTURE, "image/png")}
        return client.request(method, url, files=files, headers=headers)
    sent: Any = BODIES.get(name)
    if content and sent is None:
        example = next(iter(content["application/json"]["examples"].values()))
        sent = (
            example.get("value")
            or CONTRACT["components"]["examples"][example["$ref"].rsplit("/", 1)[1]]["value"]
        )
    return client.request(method, url, json=sent, headers=headers)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_cell_of_an_operation(
    client: Any, database: Any, things: Any, header: Any, name: str
) -> None:
    wrong, asked = [], 0
    own: dict[str, dict[str, str]] = {}
    if is_of_a_thing(name) or "{" in OPERATIONS[name][1]:
        own = {municipality: things(name, municipality) for municipality in MUNICIPALITIES}
    missing = {parameter: new_id() for parameter in next(iter(own.values()), {})}
    numbers = {"licence_no": "144899999999", "rules": "2099.9"}
    missing |= {key: number for key, number in numbers.items() if key in missing}
    for cell in cells(name):
        turn = database.connection.begin_nested()
        answer = request(client, name, own.get(cell.owner, {}), header(cell))
        if not is_right(name, cell, answer.status_code):
            wrong.append((cell, answer.status_code, answer.text[:200]))
        elif answer.status_code == HIDDEN and is_of_a_thing(name):
            nothing = request(client, name, missing, header(cell))
            if nothing.json() != answer.json():
                wrong.append((cell, "it doesn't look like a missing one", answer.text[:200]))
        turn.rollback()
        asked += 1

    assert wrong == []
    assert asked == len(list(cells(name)))
