"""The contract over HTTP; each answer is checked by its schema. The clock is the real one."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.events.contacts import contacts_of
from chassis.http.schemas import compile_schema

CONTRACT = contracts.openapi("tenders")
OPERATIONS = {
    operation["operationId"]: (verb, path, operation)
    for path, item in CONTRACT["paths"].items()
    for verb, operation in item.items()
    if verb != "parameters"
}


class Api:
    """Sends an operation by its id, as somebody with scopes, or without a token."""

    def __init__(self, client: httpx.Client, token: Callable[..., dict[str, str]]) -> None:
        self._client, self._token = client, token

    def send(
        self,
        operation_id: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        claims: dict[str, Any] | None = None,
        scopes: tuple[str, ...] = (),
        version: int | None = None,
        idempotency_key: str | None = None,
        **path: str,
    ) -> httpx.Response:
        verb, url, operation = OPERATIONS[operation_id]
        needed = [scope for one in operation["security"] for scope in one["oauth2"]]
        headers = self._token(*needed, *scopes, **(claims or {})) if needed else {}
        if any("Idempotency" in str(one) for one in operation.get("parameters", ())):
            headers = {**headers, "Idempotency-Key": idempotency_key or new_id()}
        if version is not None:
            headers = {**headers, "If-Match": f'"{version}"'}
        form = "application/x-www-form-urlencoded" in operation.get("requestBody", {}).get(
            "content", {}
        )
        sent: dict[str, Any] = {} if body is None else {"data" if form else "json": body}
        response = self._client.request(
            verb, url.format(**path), params=query, headers=headers, **sent
        )
        _check(operation, response)
        return response

    def upload(self, *scopes: str) -> str:
        """Sends a picture. Returns its `attachment_id`."""
        content = BytesIO()
        Image.new("RGB", (40, 30), "white").save(content, "PNG")
        files = {"file": ("مخطط.png", content.getvalue(), "image/png")}
        headers = self._token(*(scopes or ("tenders.prepare",)))
        response = self._client.post("/v1/document-files", files=files, headers=headers)
        _check(OPERATIONS["upload_document_file"][2], response)
        assert response.status_code == 201, response.text
        return str(response.json()["attachment_id"])

    def ask(self, operation_id: str, body: Any = None, **arguments: Any) -> Any:
        """Returns the answer of an operation that succeeds."""
        response = self.send(operation_id, body, **arguments)
        assert response.status_code < 300, response.text
        return response.json()

    def refused(self, operation_id: str, body: Any = None, **arguments: Any) -> tuple[int, str]:
        """Returns the status and the problem of an operation that doesn't succeed."""
        response = self.send(operation_id, body, **arguments)
        assert response.status_code >= 400, response.text
        return response.status_code, response.json()["type"].rsplit("/", 1)[-1]


def _check(operation: dict[str, Any], response: httpx.Response) -> None:
    declared = operation["responses"][str(response.status_code)]
    if "$ref" in declared:
        declared = CONTRACT["components"]["responses"][declared["$ref"].rsplit("/", 1)[-1]]
    kind = response.headers.get("content-type", "").split(";")[0]
    assert not declared.get("content") or kind in declared["content"]
    if "json" in kind:
        content = declared["content"][kind]
        schema = {**content["schema"], "components": {"schemas": CONTRACT["components"]["schemas"]}}
        compile_schema(schema).validate(response.json())


@pytest.fixture
def api(client: httpx.Client, token: Callable[..., dict[str, str]]) -> Api:
    return Api(client, token)


@pytest.fixture
def codes(session: Any, outbox_rows: Any) -> Callable[[], list[str]]:
    """`codes()` → the digits of every code that was published, in order."""

    def opened() -> list[str]:
        rows = [row for row in outbox_rows() if row.topic == "tenders.code"]
        blocks = [(row.aggregate_id, row.envelope["data"]["contacts"]) for row in rows]
        return [str(contacts_of(session).open(*block)[0].token) for block in blocks]

    return opened
