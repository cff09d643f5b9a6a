"""What the Notify API refuses, in GOV.UK Notify's words."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from .conftest import System

GENERAL = (
    "Invalid token: make sure your API token matches the example at"
    " https://docs.notifications.service.gov.uk/rest-api.html#authorisation-header"
)


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(
    secret: str, claims: Any, header: dict[str, Any] | None = None, *, name: str = "sha256"
) -> str:
    """A token by hand, since no library makes a wrong one."""
    text = f"{part(header or {'typ': 'JWT', 'alg': 'HS256'})}.{part(claims)}"
    return f"{text}.{part(hmac.digest(secret.encode(), text.encode(), name))}"


def now(moved: float = 0) -> int:
    return int(time.time() + moved)


Make = Callable[[str, str], str]
TOKENS: dict[str, tuple[Make, str]] = {
    "an old token": (
        lambda service, secret: signed(secret, {"iss": service, "iat": now(-35)}),
        "Error: Your system clock must be accurate to within 30 seconds",
    ),
    "a token of the future": (
        lambda service, secret: signed(secret, {"iss": service, "iat": now(35)}),
        "Error: Your system clock must be accurate to within 30 seconds",
    ),
    "no iat": (
        lambda service, secret: signed(secret, {"iss": service}),
        "Invalid token: iat field not provided",
    ),
    "iat is no number": (
        lambda service, secret: signed(secret, {"iss": service, "iat": "soon"}),
        GENERAL,
    ),
    "iat is no float": (
        lambda service, secret: signed(secret, {"iss": service, "iat": 10**400}),
        "Error: Your system clock must be accurate to within 30 seconds",
    ),
    "iat is infinite": (
        lambda service, secret: signed(secret, {"iss": service, "iat": float("inf")}),
        "Error: Your system clock must be accurate to within 30 seconds",
    ),
    "no iss": (
        lambda _service, secret: signed(secret, {"iat": now()}),
        "Invalid token: iss field not provided",
    ),
    "iss is no UUID": (
        lambda _service, secret: signed(secret, {"iss": "appointments", "iat": now()}),
        "Invalid token: service id is not the right data type",
    ),
    "iss is a list": (
        lambda service, secret: signed(secret, {"iss": [service], "iat": now()}),
        "Invalid token: service id is not the right data type",
    ),
    "a service that isn't there": (
        lambda _service, secret: signed(secret, {"iss": str(uuid4()), "iat": now()}),
        "Invalid token: service not found",
    ),
    "another secret": (
        lambda service, _secret: signed(str(uuid4()), {"iss": service, "iat": now()}),
        "Invalid token: API key not found",
    ),
    "another algorithm": (
        lambda service, secret: signed(
            secret, {"iss": service, "iat": now()}, {"typ": "JWT", "alg": "HS512"}, name="sha512"
        ),
        "Invalid token: algorithm used is not HS256",
    ),
    "no algorithm": (
        lambda service, _secret: f"{part({'alg': 'none'})}.{part({'iss': service, 'iat': now()})}.",
        "Invalid token: algorithm used is not HS256",
    ),
    "claims that are no object": (lambda _service, secret: signed(secret, ["iss"]), GENERAL),
    "claims that are no JSON": (lambda _service, secret: signed(secret, b"{"), GENERAL),
    "no token at all": (lambda _service, _secret: "abc", GENERAL),
    "a very long token": (
        lambda service, secret: signed(secret, {"iss": service, "iat": now(), "x": "y" * 9_000}),
        GENERAL,
    ),
}


@pytest.fixture
def send(system: System) -> Callable[..., httpx.Response]:
    """`send(body, …)` → the answer to a POST with a good token; `content` sends bytes as they are."""

    def post(body: Any = None, *, path: str = "/v2/notifications/sms", **more: Any) -> Any:
        claims = {"iss": system.api_service_id, "iat": now()}
        token = signed(system.keys["normal"][-36:], claims)
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        given = more if "content" in more else {"json": body, **more}
        return httpx.post(system.live.url + path, headers=headers, **given)

    return post


@pytest.fixture
def get(system: System) -> Callable[[str], httpx.Response]:
    def ask(path: str) -> httpx.Response:
        token = signed(system.keys["normal"][-36:], {"iss": system.api_service_id, "iat": now()})
        return httpx.get(
            system.live.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    return ask


def said(answer: httpx.Response, status: int, error: str) -> list[str]:
    """The messages of an error, which has to be of this status and name."""
    document = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert (answer.status_code, document["status_code"]) == (status, status), answer.text
    assert {one["error"] for one in document["errors"]} == {error}
    return [one["message"] for one in document["errors"]]


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_is_not_right_is_refused(system: System, name: str) -> None:
    make, message = TOKENS[name]
    token = make(system.api_service_id, system.keys["normal"][-36:])

    answer = httpx.get(
        f"{system.live.url}/v2/templates", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )

    assert said(answer, 403, "AuthError") == [message]


def test_a_changed_token_is_refused(system: System) -> None:
    token = signed(system.keys["normal"][-36:], {"iss": system.api_service_id, "iat": now()})
    head, _, tail = token.split(".")
    forged = f"{head}.{part({'iss': system.api_service_id, 'iat': now(1)})}.{tail}"

    answer = httpx.get(
        f"{system.live.url}/v2/templates", headers={"Authorization": f"Bearer {forged}"}, timeout=30
    )

    assert said(answer, 403, "AuthError") == ["Invalid token: API key not found"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}])
def test_a_request_without_a_token_is_unauthorized(system: System, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{system.live.url}/v2/notifications", headers=headers, timeout=30)

    assert said(answer, 401, "AuthError") == ["Unauthorized: authentication token must be provided"]


def test_an_access_token_opens_no_operation_below_v2(system: System) -> None:
    answer = httpx.get(
        f"{system.live.url}/v2/templates",
        headers=system.live.token("messages.read", "notify.admin", "templates.manage"),
        timeout=30,
    )

    assert answer.status_code == 403
    assert answer.json()["errors"][0]["error"] == "AuthError"


def test_a_key_of_a_system_opens_nothing_of_the_staff(system: System) -> None:
    token = signed(system.keys["normal"][-36:], {"iss": system.api_service_id, "iat": now()})

    for path in ("/v1/api-services", "/v1/templates", "/v1/messages", "/v1/limits"):
        answer = httpx.get(
            system.live.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        assert answer.status_code == 401


BODIES: list[tuple[dict[str, Any], str, str]] = [
    ({"phone_number": None}, "ValidationError", "phone_number is not of type string"),
    ({"phone_number": 7700900001}, "ValidationError", "phone_number is not of type string"),
    (
        {"phone_number": "notanumber"},
        "ValidationError",
        "phone_number Must not contain letters or symbols",
    ),
    ({"phone_number": "0500"}, "ValidationError", "phone_number Not enough digits"),
    (
        {"phone_number": "0138552222"},
        "ValidationError",
        "phone_number Not a Saudi mobile number",
    ),
    (
        {"phone_number": "+447700900123"},
        "BadRequestError",
        "Cannot send to international mobile numbers",
    ),
    ({"template_id": "no-uuid"}, "ValidationError", "template_id is not a valid UUID"),
    ({"template_id": 5}, "ValidationError", "template_id is not a valid UUID"),
    ({"template_id": str(uuid4())}, "BadRequestError", "Template not found"),
    ({"personalisation": {}}, "BadRequestError", "Missing personalisation: number"),
    ({"personalisation": {"number": None}}, "BadRequestError", "Missing personalisation: number"),
    (
        {"personalisation": "not_a_dict"},
        "ValidationError",
        "personalisation is not of type object",
    ),
    (
        {"personalisation": {"number": "see https://evil.example/x"}},
        "BadRequestError",
        "Links to this host are not allowed",
    ),
    (
        {"personalisation": {"number": "ن" * 900}},
        "BadRequestError",
        "Your message is too long. Text messages cannot be longer than 918 characters."
        " Your message is 951 characters long.",
    ),
    (
        {"scheduled_for": "2026-12-24T10:00:00Z"},
        "BadRequestError",
        "Cannot schedule notifications (this feature is invite-only)",
    ),
    ({"reference": 5}, "ValidationError", "reference is not of type string"),
    ({"reference": "x" * 1_001}, "ValidationError", "reference is too long"),
    (
        {"extra": "x"},
        "ValidationError",
        "Additional properties are not allowed (extra was unexpected)",
    ),
]


@pytest.mark.parametrize(("changes", "error", "message"), BODIES)
def test_a_body_that_is_not_right_is_refused(
    system: System,
    send: Callable[..., httpx.Response],
    changes: dict[str, Any],
    error: str,
    message: str,
) -> None:
    good = {
        "phone_number": "0500000008",
        "template_id": system.template_id,
        "personalisation": {"number": "1"},
    }

    assert said(send({**good, **changes}), 400, error) == [message]


def test_all_missing_fields_are_named(send: Callable[..., httpx.Response]) -> None:
    assert sorted(said(send({}), 400, "ValidationError")) == [
        "phone_number is a required property",
        "template_id is a required property",
    ]


def test_a_sender_of_ones_own_is_refused(
    system: System, send: Callable[..., httpx.Response]
) -> None:
    sender = str(uuid4())
    body = {
        "phone_number": "0500000008",
        "template_id": system.template_id,
        "personalisation": {"number": "1"},
        "sms_sender_id": sender,
    }

    assert said(send(body), 400, "BadRequestError") == [
        f"sms_sender_id {sender} does not exist in database for service id {system.api_service_id}"
    ]


@pytest.mark.parametrize(
    "content", [b"{", b"\xff", b'{"a": NaN}', b'{"phone_number": "\\u0000"}', b"[" * 60_000]
)
def test_a_body_that_is_no_json_is_refused(
    send: Callable[..., httpx.Response], content: bytes
) -> None:
    answer = send(content=content, headers={"Content-Type": "application/json"})

    assert said(answer, 400, "BadRequestError") == ["Invalid JSON supplied in POST data"]


@pytest.mark.parametrize(("kind", "words"), [("email", "emails"), ("letter", "letters")])
def test_other_channels_are_not_offered(
    send: Callable[..., httpx.Response], kind: str, words: str
) -> None:
    answer = send({"template_id": "x"}, path=f"/v2/notifications/{kind}")

    assert said(answer, 400, "BadRequestError") == [f"Service is not allowed to send {words}"]


QUERIES = {
    "/v2/notifications?older_than=x": "older_than is not a valid UUID",
    "/v2/notifications/x": "notification_id is not a valid UUID",
    "/v2/template/x": "id is not a valid UUID",
    "/v2/templates?type=fax": "type fax is not one of [sms, email, letter]",
    "/v2/notifications?template_type=orange": (
        "template_type orange is not one of [sms, email, letter]"
    ),
    "/v2/notifications?page=2": "Additional properties are not allowed (page was unexpected)",
}


@pytest.mark.parametrize("path", QUERIES)
def test_a_query_that_is_not_right_is_refused(
    get: Callable[[str], httpx.Response], path: str
) -> None:
    assert said(get(path), 400, "ValidationError") == [QUERIES[path]]


def test_a_status_that_is_not_known_is_refused(get: Callable[[str], httpx.Response]) -> None:
    (message,) = said(get("/v2/notifications?status=elephant"), 400, "ValidationError")

    assert message.startswith("status elephant is not one of [cancelled, created, sending, sent, ")


@pytest.mark.parametrize(
    "path", ["/v2/notifications/{}", "/v2/template/{}", "/v2/template/{}/version/1", "/v2/nothing"]
)
def test_an_unknown_id_is_not_found(get: Callable[[str], httpx.Response], path: str) -> None:
    assert said(get(path.format(uuid4())), 404, "NoResultFound") == ["No result found"]


def test_an_unknown_version_is_not_found(
    system: System, get: Callable[[str], httpx.Response]
) -> None:
    assert get(f"/v2/template/{system.template_id}/version/2").status_code == 404


def test_the_secret_is_sealed_in_the_database(system: System) -> None:
    secret = system.keys["normal"][-36:]
    with system.live.database.transaction() as session:
        rows = session.connection().exec_driver_sql("SELECT secret FROM api_key").scalars().all()

    assert all(secret.encode() not in bytes(row) for row in rows)
    assert hashlib.sha256(secret.encode()).digest() not in [bytes(row) for row in rows]
