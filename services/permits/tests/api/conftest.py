"""The contract over HTTP, operation by operation; each answer is checked against its schema."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.core import contracts
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.schemas import compile_schema
from permits.commands import bill
from permits.domain.actors import SYSTEM
from saudi.days import legal_day

TODAY = legal_day(datetime.now(UTC))
CONTRACT = contracts.openapi("permits")


# A person who does these doesn't approve, issue or complete.
REVIEWER = {"sub": "p_reviewer", "name": "مهندس تجربة"}
OF_THE_REVIEWER = {
    *("pass_technical_review", "request_payment", "record_insulation_inspection"),
    *("accept_appeal", "reject_appeal"),
    "verify_permit",
}


class Api:
    """Sends an operation by its id, with the scope that the contract asks for."""

    contract = CONTRACT
    operations = {
        operation["operationId"]: (verb, path, operation)
        for path, item in CONTRACT["paths"].items()
        for verb, operation in item.items()
        if verb != "parameters"
    }

    # The others are open to everybody: keys and states of documents (test_documents.py).
    guarded = {name: found for name, found in operations.items() if found[2]["security"]}

    def __init__(self, client: httpx.Client, token: Callable[..., dict[str, str]]) -> None:
        self._client = client
        self._token = token
        self.claims: dict[str, Any] = {}

    def send(
        self,
        operation_id: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        language: str = "ar",
        headers: dict[str, str] | None = None,
        files: dict[str, bytes] | None = None,
        beside: dict[str, str] | None = None,
        **path: str,
    ) -> httpx.Response:
        """Returns the answer. `headers` replace the token; `beside` stand beside it."""
        verb, url, operation = self.operations[operation_id]
        [scope] = operation["security"][0]["oauth2"]
        claims = self.claims or (REVIEWER if operation_id in OF_THE_REVIEWER else {})
        sent = self._token(scope, **claims) if headers is None else headers
        response = self._client.request(
            verb,
            url.format(**path),
            json=body,
            files=files,
            params=query,
            headers={**sent, "Accept-Language": language, **(beside or {})},
        )
        _check(operation, response)
        return response

    def ask(self, operation_id: str, body: Any = None, **arguments: Any) -> Any:
        """The answer of an operation that succeeds."""
        response = self.send(operation_id, body, **arguments)
        assert response.status_code in (200, 201), response.text
        return response.json()

    def faults(self, operation_id: str, body: Any = None, **arguments: Any) -> dict[str, str]:
        """The fields that are named as wrong, with their codes."""
        response = self.send(operation_id, body, **arguments)
        assert response.status_code == 400, response.text
        return {error["field"]: error["code"] for error in response.json()["errors"]}

    @property
    def completion(self) -> dict[str, Any]:
        """What the final inspection found, of today: a building isn't inspected before its permit."""
        return {"inspected_on": str(legal_day(datetime.now(UTC))), "inspector": "م. تجربة"}

    @staticmethod
    def visit(stage: str) -> dict[str, Any]:
        """What an inspector records of a passed stage."""
        return {
            "stage": stage,
            "result": "pass",
            "inspected_on": str(legal_day(datetime.now(UTC))),
            "inspector": "م. تجربة",
            "u_value": 0.34,
        }


def _check(operation: dict[str, Any], response: httpx.Response) -> None:
    declared = operation["responses"][str(response.status_code)]
    if "$ref" in declared:
        declared = CONTRACT["components"]["responses"][declared["$ref"].rsplit("/", 1)[-1]]
    [(media_type, content)] = declared["content"].items()
    assert response.headers["content-type"].startswith(media_type)
    schema = {**content["schema"], "components": {"schemas": CONTRACT["components"]["schemas"]}}
    compile_schema(schema).validate(response.json())


@pytest.fixture
def api(client: httpx.Client, token: Callable[..., dict[str, str]]) -> Api:
    return Api(client, token)


@pytest.fixture
def application(house: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """An application with a request number of its own."""
    return lambda **changes: house(**{"request_number": str(uuid4().int)[:14], **changes})


@pytest.fixture
def pay(database: Database) -> Callable[[dict[str, Any]], None]:
    """Payments says that the bill of a request, as the API shows it, was paid."""

    def run(row: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        with database.transaction() as session:
            invoice_id = row["invoice"]["invoice_id"]
            payment_id = str(uuid4())
            bill.settle_invoice(
                UnitOfWork(session, SYSTEM, now), invoice_id, payment_id=payment_id, paid_at=now
            )

    return run


@pytest.fixture
def paid(
    api: Api,
    application: Callable[..., dict[str, Any]],
    pay: Callable[[dict[str, Any]], None],
) -> Callable[..., str]:
    """Takes a request over HTTP to the point where it waits for its permit; answers its id."""

    def run(**changes: Any) -> str:
        row = api.ask("submit_permit_request", application(**changes))
        at = {"request_id": row["request_id"]}
        api.ask("send_permit_request_to_office", {"note": "للتصميم"}, **at)
        api.ask("send_permit_request_to_technical_review", **at)
        api.ask("pass_technical_review", **at)
        api.ask("approve_permit_request", **at)
        invoice = {"due_on": str(TODAY + timedelta(days=30))}
        pay(api.ask("request_payment", invoice, **at))
        return str(row["request_id"])

    return run


@pytest.fixture
def permit(api: Api, paid: Callable[..., str]) -> dict[str, Any]:
    """A permit that was just issued."""
    answer: dict[str, Any] = api.ask("issue_permit", request_id=paid())
    return answer


@pytest.fixture
def insulation(api: Api, permit: dict[str, Any]) -> dict[str, Any]:
    """An issued insulation certificate of the permit."""
    opened = api.ask("open_insulation_certificate", permit_id=permit["permit_id"])
    at = {"certificate_id": opened["certificate_id"]}
    for stage in ("walls", "roof", "windows"):
        api.ask("record_insulation_inspection", api.visit(stage), **at)
    answer: dict[str, Any] = api.ask("issue_insulation_certificate", **at)
    return answer
