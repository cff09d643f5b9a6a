"""The contract over HTTP; each answer is checked by its schema. The clock is the real one, so days are counted from
today."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from appointments.domain.actors import service_as
from appointments.models import Department
from appointments.slots import free_slots
from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.events.contacts import contacts_of
from chassis.http.schemas import compile_schema
from saudi.days import legal_day

from .booked import DAY, MARK, MOBILE, make_department

CONTRACT = contracts.openapi("appointments")
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
        idempotency_key: str | None = None,
        version: int | None = None,
        **path: str,
    ) -> httpx.Response:
        verb, url, operation = OPERATIONS[operation_id]
        needed = [scope for one in operation["security"] for scope in one["oauth2"]]
        token = self._token(*needed, **(claims or {})) if needed else {}
        headers = {**token, "Idempotency-Key": idempotency_key or new_id()}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        form = "application/x-www-form-urlencoded" in operation.get("requestBody", {}).get(
            "content", {}
        )
        sent: dict[str, Any] = {"data": body} if form else {"json": body}
        response = self._client.request(
            verb, url.format(**path), params=query, headers=headers, **sent
        )
        _check(operation, response)
        return response

    def ask(self, operation_id: str, body: Any = None, **arguments: Any) -> Any:
        """Returns the answer of an operation that succeeds."""
        response = self.send(operation_id, body, **arguments)
        assert response.status_code < 300, response.text
        return response.json() if response.content else None

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
def open_department(session: Any) -> Department:
    """A department that serves on every day from today, around the clock."""
    week = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    hours = [{"weekdays": week, "opens": "00:00", "closes": "23:45"}]
    officer = service_as("test")
    return make_department(
        session, officer, now=datetime.now(UTC), hours=hours, ramadan_hours=hours, breaks=[]
    )


@pytest.fixture
def free(session: Any, open_department: Department) -> list[str]:
    """The beginnings of free slots, from the day after tomorrow."""
    now = datetime.now(UTC)
    first = legal_day(now) + 2 * DAY
    days = (first, first + DAY)
    found = free_slots(session, open_department.department_id, "inquiry", days=days, now=now)
    return [one.span.starts_at.astimezone(UTC).isoformat().replace("+00:00", "Z") for one in found]


@pytest.fixture
def codes(session: Any, outbox_rows: Any) -> Callable[[], list[tuple[str, str]]]:
    """`codes()` → role and digits of every code that was published, in order."""

    def opened() -> list[tuple[str, str]]:
        rows = [row for row in outbox_rows() if row.topic == "appointments.code"]
        blocks = [(row.aggregate_id, row.envelope["data"]["contacts"]) for row in rows]
        found = [contacts_of(session).open(*block)[0] for block in blocks]
        return [(one.role, str(one.token)) for one in found]

    return opened


@pytest.fixture
def booked(
    api: Api, open_department: Department, free: list[str], codes: Any
) -> Callable[..., Any]:
    """Books over HTTP: `booked(at=3)` the fourth free slot."""

    def make(
        *,
        at: int = 0,
        mobile: str = MOBILE,
        device: str = "device-of-a-person",
        service: str = "inquiry",
    ) -> Any:
        slot = {
            "department_id": open_department.department_id,
            "service": service,
            "starts_at": free[at],
        }
        hold = api.ask("hold_slot", {**slot, "device_key": device})
        key = {"hold_id": hold["hold_id"], "device_key": device}
        person = {"mobile": mobile, "name": f"علي آل تجربة {MARK}"}
        api.ask("request_booking_code", {**key, **person})
        return api.ask("book_appointment", {**key, **person, "code": codes()[-1][1]})

    return make


@pytest.fixture
def forget_limits(session: Any, web: Any) -> Callable[[], None]:
    """Forgets what was counted of quotas, for a test that sends more codes than a mobile gets."""

    def forget() -> None:
        session.execute(text("DELETE FROM quota_used"))
        vars(web.app.process).pop("quotas", None)

    return forget
