"""Every operation of the contract × everybody × whose thing it is: no wrong cell.

`ROWS` has a row for each operation, which names those to whom it answers; to everybody else a thing looks as if it
weren't there, and a caller without the scope is refused before. An operation without a row fails, and so does a row
that says more than the scopes let through.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.core import contracts
from chassis.core.ids import new_id
from documents.encoding import to_text
from documents.issuing.signing import Signing
from health_certs.commands import signed_documents
from health_certs.domain.access import MAY_READ_RESULT, Reader
from health_certs.models import Certificate, Request, RequestList
from saudi.days import legal_day

from .mine.conftest import DELEGATE, FORMER, OTHER, SHOP, STRANGER, WORKER, citizen
from .people import HIMSELF

__all__ = ["citizen"]  # the fixture

CONTRACT = contracts.openapi("health-certs")
OPERATIONS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    item[method]["operationId"]: (method, path, item[method])
    for path, item in CONTRACT["paths"].items()
    for method in contracts.METHODS
    if method in item
}
SCOPES = sorted(
    scope
    for scope, declared in contracts.read("scopes.yaml")["scopes"].items()
    if declared["audience"] == "health-certs"
)
OF_CITIZENS = frozenset(("my-health-certs.read", "my-health-certs.write"))
# Citizens: number, and for whom they act. `delegate` acts for the shop that the things name.
CITIZENS = {
    "worker": (WORKER, None),
    "other worker": ("2000000014", None),
    "delegate": (DELEGATE, SHOP),
    "former delegate": (FORMER, None),
    "delegate of another": (STRANGER, OTHER),
}
# Staff and partners: kind and municipality of the organisation. All but the last two hold every scope of staff, which
# identity would give none of the partners.
TENANTS = {
    "officer": ("affiliated_municipality", "saihat"),
    "officer elsewhere": ("affiliated_municipality", "tarout"),
    "governorate": ("municipality", "qatif"),
    "centre": ("medical_centre", None),
    "partner": ("partner", None),
    "officer without the right": ("affiliated_municipality", "saihat"),
    "inspector": ("affiliated_municipality", "saihat"),
}
OF_INSPECTORS = frozenset(("health-certs.inspect", "health-certs.read"))
EVERYBODY = (*CITIZENS, *TENANTS, "nobody")
CHANGED_BY = {"by the shop": {"worker", "delegate"}, "by the worker": {"worker"}}
PROFESSIONS = {"by the shop": "laundry-worker", "by the worker": "cleaner"}
STAFF = frozenset(("officer", "governorate"))
LOOKED_AT = STAFF | {"inspector"}
PUBLIC = frozenset(CITIZENS) | frozenset(TENANTS)


@dataclass(frozen=True)
class Row:
    """The people who are answered, where the scope lets them in. `things`: by the thing, which the shop or the worker
    asked for; None for an operation about no thing, which answers everybody with the scope."""

    things: Mapping[str, frozenset[str]] | None = None

    def shows(self, who: str, make_request: str) -> bool:
        return self.things is None or who in self.things[make_request]


def of(*who: str) -> Row:
    """Whichever way it was asked for."""
    return Row({asked: frozenset(who) for asked in CHANGED_BY})


OPEN = Row()
READ, CHANGED = of("worker", "delegate"), Row({a: frozenset(w) for a, w in CHANGED_BY.items()})
ROWS: Mapping[str, Row] = {
    **dict.fromkeys(("list_professions", "list_centres"), OPEN),
    **dict.fromkeys(("list_my_requests", "list_my_certificates", "list_requests"), OPEN),
    **dict.fromkeys(("apply_for_certificate", "upload_my_photo", "apply_by_list"), OPEN),
    **dict.fromkeys(("get_my_request", "get_my_bill", "get_my_conditions", "get_my_photo"), READ),
    "get_my_certificate": READ,
    **dict.fromkeys(("amend_my_request", "change_my_centre", "withdraw_my_request"), CHANGED),
    "ask_for_my_bill": CHANGED,
    # The list belongs to the delegate who sent it, also when somebody else asked for its workers.
    "get_my_list": of("delegate"),
    # An establishment cancels a foreign worker's too, also when somebody else asked for it.
    "cancel_my_certificate": READ,
    # The table of readers: of citizens the worker alone, of staff those with the scope.
    "get_my_examination": of("worker"),
    "get_request_examination": of(*STAFF),
    **dict.fromkeys(("get_request", "get_request_conditions", "get_certificate"), of(*LOOKED_AT)),
    **dict.fromkeys(("enter_health_education", "revoke_certificate"), of(*STAFF)),
    # The thing has no pass to void, and isn't revoked: those who are let in hear so.
    **dict.fromkeys(("void_health_education", "clear_certificate"), of(*STAFF)),
    "get_my_document": READ,
    # The certificate ends soon; those who read it renew it, or let the worker go.
    **dict.fromkeys(("renew_my_certificate", "change_my_establishment"), READ),
    **dict.fromkeys(
        (
            *("list_establishment_certificates", "sum_up_establishment_certificates"),
            *("find_establishment_worker", "export_establishment_certificates"),
        ),
        of("delegate"),
    ),
    "check_certificate": OPEN,
    # Workers are met everywhere: inspectors of every branch see them.
    "get_certificate_photo": of(*LOOKED_AT, "officer elsewhere"),
    "get_document": of(*LOOKED_AT),
    **dict.fromkeys(("list_document_keys", "get_document_revocations"), OPEN),
    **dict.fromkeys(("verify_document_code", "verify_certificate"), OPEN),
    **dict.fromkeys(("look_up_document", "show_document"), OPEN),
}
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def opened_by(name: str) -> frozenset[str]:
    """Returns the scopes that each open the operation."""
    return frozenset(scope for one in OPERATIONS[name][2]["security"] for scope in one["oauth2"])


def scopes_of(who: str, name: str) -> frozenset[str]:
    """What the caller's token holds."""
    if who in CITIZENS:
        return OF_CITIZENS
    staff = frozenset(SCOPES) - OF_CITIZENS
    if who == "inspector":
        return OF_INSPECTORS
    return staff - opened_by(name) if who == "officer without the right" else staff


def expected(name: str, who: str, make_request: str) -> str:
    """`answered`, `hidden`, `refused` or `unknown`."""
    if who == "nobody":
        return "unknown" if opened_by(name) else "answered"
    if opened_by(name) and not opened_by(name) & scopes_of(who, name):
        return "refused"
    return "answered" if ROWS[name].shows(who, make_request) else "hidden"


def seen(status: int, *, of_a_thing: bool) -> str:
    """What is about no thing may miss what its body names."""
    known = {401: "unknown", 403: "refused", **({404: "hidden"} if of_a_thing else {})}
    return known.get(status, "answered")


@pytest.fixture
def header(token: Any, citizen: Any) -> Any:
    """`header(who, operation)` → the headers of the token."""

    def made(who: str, name: str) -> Mapping[str, str]:
        if who == "nobody":
            return {}
        if who in CITIZENS:
            number, acts_for = CITIZENS[who]
            of_citizen: Mapping[str, str] = citizen(number, acts_for)
            return of_citizen
        kind, municipality = TENANTS[who]
        of_tenant: Mapping[str, str] = token(
            " ".join(sorted(scopes_of(who, name))),
            organisation=who.replace(" ", "-"),
            organisation_kind=kind,
            municipality=municipality,
        )
        return of_tenant

    return made


@pytest.fixture
def things(
    make_request: Any, enters: Any, pays: Any, session: Any, settings: Any, now: datetime
) -> Any:
    """`things(operation, asked)` → the values of its path: of a request whose examination was entered and, for
    certificates, of one that was issued."""

    def document_of(certificate: Certificate) -> str:
        signing = Signing(settings.keyrings()["document_key"], settings.documents_base)
        made = signed_documents.document_of(
            session, HIMSELF, certificate, signing, now=datetime.now(UTC)
        )
        return to_text(UUID(made.document_id).bytes)

    def made(name: str, asked_for: str) -> dict[str, str]:
        path = OPERATIONS[name][1]
        if "{unified_number}" in path:
            return {"unified_number": SHOP}
        if "{list_id}" in path:
            kept = RequestList(
                list_id=new_id(), establishment=SHOP, sender=f"c_{int(DELEGATE) * 7:x}",
                sent_at=now, done_at=now, version=1,
            )  # fmt: skip
            session.add(kept)
            session.flush()
            return {"list_id": kept.list_id}
        own = HIMSELF.applicant() if asked_for == "by the worker" else None
        row: Request = make_request(own=own, profession=PROFESSIONS[asked_for])
        if "{certificate_no}" in path or "{document_id}" in path:
            enters(row, "fit")
            pays(row)
            certificate = session.get_one(Certificate, row.certificate_id)
            certificate.valid_until = legal_day(datetime.now(UTC)) + timedelta(days=200)
            session.flush()
            if "{document_id}" in path:
                return {"document_id": document_of(certificate)}
            return {"certificate_no": certificate.certificate_no}
        enters(row, "unfit")
        return {"request_id": row.request_id} if "{request_id}" in path else {}

    return made


def request(client: Any, name: str, values: Mapping[str, str], headers: Any) -> Any:
    """The operation with the example of its body."""
    method, path, operation = OPERATIONS[name]
    content = operation.get("requestBody", {}).get("content", {})
    sent: dict[str, Any] = {}
    if "multipart/form-data" in content:
        sent = {"files": {"file": ("صورة.png", PICTURE, "image/png")}}
    elif "application/json" in content:
        example = next(iter(content["application/json"]["examples"].values()))
        named = example.get("$ref", "").rsplit("/", 1)[-1]
        sent = {"json": example.get("value") or CONTRACT["components"]["examples"][named]["value"]}
    elif content:
        kind = next(iter(content))
        sent = {"content": b"x", "headers": {"Content-Type": kind}}
    sent["headers"] = {**sent.get("headers", {}), **headers}
    return client.request(method, path.format(**values), **sent)


def cells(name: str) -> Iterator[tuple[str, str]]:
    for who in EVERYBODY:
        for asked in CHANGED_BY if "{" in OPERATIONS[name][1] else ["by the shop"]:
            yield who, asked


def missing(values: Mapping[str, str]) -> dict[str, str]:
    found = {"request_id": new_id(), "list_id": new_id(), "certificate_no": "1448048999999"}
    found["unified_number"] = "7000000021"
    return {name: found[name] for name in values}


def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    assert set(ROWS) == set(OPERATIONS)


def test_the_row_of_a_result_is_the_table_of_readers() -> None:
    readers = {Reader.WORKER: "worker", Reader.ESTABLISHMENT: "delegate"}
    shown = ROWS["get_my_examination"]

    assert {one: shown.shows(who, "by the shop") for one, who in readers.items()} == {
        one: MAY_READ_RESULT[one] for one in readers
    }
    assert opened_by("get_request_examination") == {"health-results.read"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_cell_of_an_operation(
    client: Any, database: Any, things: Any, header: Any, name: str
) -> None:
    wrong, shown = [], 0
    own = {asked_for: things(name, asked_for) for asked_for in CHANGED_BY}
    for who, asked_for in cells(name):
        turn = database.connection.begin_nested()
        values = own[asked_for]
        headers = header(who, name)
        answer = request(client, name, values, headers)
        should = expected(name, who, asked_for)
        was = seen(answer.status_code, of_a_thing=bool(values))
        if was != should:
            wrong.append((who, asked_for, f"{was}, not {should}", answer.text[:200]))
        elif was == "hidden" and values:
            nothing = request(client, name, missing(values), headers)
            if nothing.json() != answer.json():
                wrong.append((who, asked_for, "unlike a missing one", answer.text[:200]))
        turn.rollback()
        shown += was == "answered"

    assert wrong == []
    assert shown > 0


LISTS = {
    "list_my_requests": {"worker", "delegate"},
    "list_my_certificates": {"worker", "delegate"},
    "list_requests": set(LOOKED_AT),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_only_what_is_for_its_reader(
    client: Any, header: Any, make_request: Any, enters: Any, pays: Any, name: str
) -> None:
    row = make_request()
    enters(row, "fit")
    pays(row)

    found = {}
    for who in EVERYBODY:
        answer = request(client, name, {}, header(who, name))
        found[who] = len(answer.json()["items"]) if answer.status_code == 200 else 0

    assert found == {who: int(who in LISTS[name]) for who in EVERYBODY}


def test_every_list_is_looked_into() -> None:
    lists = {
        name
        for name, (_, path, operation) in OPERATIONS.items()
        if name.startswith("list_")
        and "{" not in path
        and "Limit" in str(operation.get("parameters"))
    }

    assert lists == set(LISTS)
