"""The contract over HTTP, operation by operation, as people of each role; each answer is checked by its schema."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chassis.access.persons import Person, Persons
from chassis.core import contracts
from chassis.data.sealing import Keyring
from chassis.http.schemas import compile_schema

CONTRACT = contracts.openapi("reports")
# Role → scopes and claims of a person in it. The department is that of street lights.
ROLES: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "report_officer": (
        ("reports.read", "reports.file", "reports.refer", "reports.treat", "reports.reveal"),
        {"sub": "p_officer"},
    ),
    "department": (("reports.read", "reports.treat"), {"sub": "p_dept", "departments": "lighting"}),
    "operator": (("reports.read", "reports.file"), {"sub": "p_operator"}),
    "observer": (("reports.file",), {"sub": "p_observer"}),
    "contractor": (("reports.contract",), {"sub": "p_contractor", "contractor": "al-amal"}),
    "portal": (("reports.file",), {"sub": "portal-system", "client_id": "portal-system"}),
    "citizen": (
        ("my-reports.read", "my-reports.write"),
        {
            "sub": "p_citizen",
            "client_kind": "citizen",
            "organisation": None,
            "organisation_kind": None,
            "municipality": None,
        },
    ),
    "statistician": (("reports.statistics",), {"sub": "p_statistics"}),
    "administrator": (("reports.admin",), {"sub": "p_admin"}),
}

# The citizen, as the national login knows the person.
CITIZEN = Person(
    id_number="1000000016",
    id_type="national_id",
    name="فاطمة علي (بيانات تجريبية)",
    mobile="+966500000016",
)


class Api:
    """Sends an operation by its id, as somebody in a role."""

    operations = {
        operation["operationId"]: (verb, path, operation)
        for path, item in CONTRACT["paths"].items()
        for verb, operation in item.items()
        if verb != "parameters"
    }
    roles = ROLES

    def __init__(
        self, client: httpx.Client, token: Callable[..., dict[str, str]], persons: Persons
    ) -> None:
        self._client = client
        self._token = token
        self._persons = persons

    def send(
        self,
        operation_id: str,
        body: Any = None,
        *,
        who: str = "report_officer",
        query: dict[str, Any] | None = None,
        claims: dict[str, Any] | None = None,
        sent: dict[str, str] | None = None,
        **path: str,
    ) -> httpx.Response:
        """Returns the answer. `sent`: headers beside the token."""
        verb, url, operation = self.operations[operation_id]
        scopes, own = ROLES[who]
        own = {**own, **(claims or {})}
        if who == "citizen":
            own["person"] = self._persons.seal(own["sub"], CITIZEN)
        headers = {**self._token(*scopes, **own), **(sent or {})}
        response = self._client.request(
            verb, url.format(**path), json=body, params=query, headers=headers
        )
        _check(operation, response)
        return response

    def ask(self, operation_id: str, body: Any = None, **arguments: Any) -> Any:
        """The answer of an operation that succeeds."""
        response = self.send(operation_id, body, **arguments)
        assert response.status_code in (200, 201), response.text
        return response.json()

    def refused(self, operation_id: str, body: Any = None, **arguments: Any) -> tuple[int, str]:
        """Status and problem of an operation that doesn't succeed."""
        response = self.send(operation_id, body, **arguments)
        assert response.status_code >= 400, response.text
        return response.status_code, response.json()["type"].rsplit("/", 1)[-1]


def _check(operation: dict[str, Any], response: httpx.Response) -> None:
    declared = operation["responses"][str(response.status_code)]
    if "$ref" in declared:
        declared = CONTRACT["components"]["responses"][declared["$ref"].rsplit("/", 1)[-1]]
    [(media_type, content)] = declared["content"].items()
    assert response.headers["content-type"].startswith(media_type)
    if "json" in media_type:
        schema = {**content["schema"], "components": {"schemas": CONTRACT["components"]["schemas"]}}
        compile_schema(schema).validate(response.json())


@pytest.fixture
def api(client: httpx.Client, token: Callable[..., dict[str, str]], settings: Any) -> Api:
    return Api(client, token, Persons(Keyring.parse(settings.person_key)))


@pytest.fixture
def light(api: Api, new_report: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """A street light, filed by the portal."""
    report: dict[str, Any] = api.ask("file_report", new_report(category="light-out"), who="portal")
    return report
