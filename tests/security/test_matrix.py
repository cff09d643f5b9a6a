"""The matrix of access: every operation of every contract, for every organisation and every scope.

What a cell has to be is computed from the contracts: `security` of the operation, scopes.yaml, and the rule that an
organisation sees its own things. Nothing is listed by hand, so a new operation is in the matrix on the day it's born.
"""

import json
import re
import time
from itertools import chain
from typing import Any

import pytest

from chassis.core import contracts
from chassis.core.ids import new_id

ServiceInProcess = Any
SCOPES = contracts.read("scopes.yaml")["scopes"]
ORGANISATIONS = {
    "qatif": {"organisation_kind": "municipality", "municipality": "qatif"},
    "safwa": {"organisation_kind": "affiliated_municipality", "municipality": "safwa"},
    "sec": {"organisation_kind": "partner", "municipality": None},
    "water": {"organisation_kind": "partner", "municipality": None},
    "": {
        "organisation": None,
        "organisation_kind": None,
        "municipality": None,
        "client_kind": "citizen",
    },
}
FORBIDDEN = "/forbidden"


def scopes_of(operation: dict[str, Any]) -> set[str]:
    """Every scope that helps to open it; nothing for a public operation."""
    return set(chain.from_iterable(alternatives(operation)))


def alternatives(operation: dict[str, Any]) -> list[set[str]]:
    """What a token has to hold: all of one of these sets."""
    return [set(need["oauth2"]) for need in operation["security"] if "oauth2" in need]


COUNTED = {"{row_number}", "{version}"}


def filled(path: str) -> str:
    """The path with an id of nothing in the place of each parameter, and 1 where something is counted."""
    return re.sub(r"\{[^}]+\}", lambda found: "1" if found[0] in COUNTED else new_id(), path)


def ask(service: ServiceInProcess, method: str, path: str, headers: dict[str, str]) -> Any:
    content = {"content": b"{}"} if method in {"POST", "PUT", "PATCH"} else {}
    if content:
        headers = {**headers, "Content-Type": "application/json"}
    return service.client.request(method, filled(path), headers=headers, **content)


def is_lack_of_scope(answer: Any) -> bool:
    if answer.status_code != 403:
        return False
    return "insufficient_scope" in answer.headers.get("www-authenticate", "")


def protected(service: ServiceInProcess) -> list[tuple[str, str, dict[str, Any]]]:
    """The operations that a token opens; those with a credential of their service's own are its tests' part."""
    return [one for one in service.operations() if any("oauth2" in n for n in one[2]["security"])]


def held_sets(service: ServiceInProcess) -> list[set[str]]:
    """No scope, each alone that opens anything here, all that open nothing here, and all. A token with more scopes
    opens no less, so what opens nothing may be held together."""
    own = set().union(*(scopes_of(operation) for _, _, operation in protected(service)))
    return [set(), *({scope} for scope in sorted(own)), set(SCOPES) - own, set(SCOPES)]


def test_a_scope_opens_its_operations_and_no_others(service: ServiceInProcess) -> None:
    """Every operation × every organisation × every set, and all scopes but those of the operation."""
    wrong = []
    for organisation, claims in ORGANISATIONS.items():
        who = {"organisation": organisation, **claims}
        tokens = [(held, service.token(*sorted(held), **who)) for held in held_sets(service)]
        for method, path, operation in protected(service):
            rest = set(SCOPES) - scopes_of(operation)
            for held, headers in [*tokens, (rest, service.token(*sorted(rest), **who))]:
                opens = any(needed <= held for needed in alternatives(operation))
                answer = ask(service, method, path, headers)
                if is_lack_of_scope(answer) == opens or answer.status_code in {401, 500}:
                    wrong.append((method, path, organisation, sorted(held), answer.status_code))

    assert wrong == []


def test_a_refusal_for_lack_of_scope_tells_what_is_needed_and_not_what_is_held(
    service: ServiceInProcess,
) -> None:
    for method, path, operation in protected(service):
        held = sorted(set(SCOPES) - scopes_of(operation))
        answer = ask(service, method, path, service.token(*held))

        assert answer.json()["type"].endswith(FORBIDDEN), (method, path)
        told = answer.text + answer.headers["www-authenticate"]
        assert [
            scope for scope in held if re.search(rf"(?<![\w.-]){re.escape(scope)}\b", told)
        ] == []


BAD_TOKENS: dict[str, dict[str, Any]] = {
    "of another service": {"aud": "somewhere-else"},
    "of another issuer": {"iss": "https://other.test"},
    "expired": {"exp": 1_700_000_000, "iat": 1_699_999_000, "nbf": 1_699_999_000},
    "not valid yet": {"nbf": 4_000_000_000, "iat": 4_000_000_000, "exp": 4_000_000_300},
    "without a person": {"sub": None},
    "without a client": {"client_id": None},
    "without an end": {"exp": None},
    "that is no access token": {"header": {"typ": "JWT"}},
    "of an unknown key": {"header": {"kid": "other"}},
    "bound to a key that isn't proved": {
        "cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}
    },
}


@pytest.mark.parametrize("fault", BAD_TOKENS)
def test_no_operation_answers_a_token(service: ServiceInProcess, fault: str) -> None:
    claims = dict(BAD_TOKENS[fault])
    headers = service.token(*SCOPES, header=claims.pop("header", None), **claims)

    for method, path, _ in protected(service):
        answer = ask(service, method, path, headers)
        assert answer.status_code == 401, (method, path, answer.status_code)
        assert "items" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer null"},
        {"Authorization": "Basic cWF0aWY6cWF0aWY="},
        {"Authorization": "DPoP e30.e30.e30"},
        {"X-Forwarded-User": "p_admin", "X-User-Id": "p_admin", "Cookie": "session=1"},
    ],
    ids=str,
)
def test_no_operation_answers_without_a_token(
    service: ServiceInProcess, headers: dict[str, str]
) -> None:
    for method, path, operation in protected(service):
        answer = ask(service, method, path, headers)
        assert answer.status_code == 401, (method, path, answer.status_code)
        assert "www-authenticate" in answer.headers
        if not headers:  # RFC 6750 3.1: who sent no token is told no error
            assert "error" not in answer.headers["www-authenticate"]
        assert operation["operationId"] not in answer.text


def test_without_a_token_a_wrong_input_is_not_told_apart_from_a_right_one(
    service: ServiceInProcess,
) -> None:
    for method, path, _ in protected(service):
        bodies = {
            service.client.request(method, place, content=content).text
            for place in (filled(path), re.sub(r"\{[^}]+\}", "x'--", path))
            for content in (b"", b"{}", b"{", b'{"x": ')
        }
        assert len(bodies) == 1, (method, path)


def test_a_partner_sees_nothing_of_the_municipalities_even_with_their_scopes(
    services: dict[str, ServiceInProcess], permit_of_tarout: dict[str, str]
) -> None:
    """Identity never gives a partner these scopes; were they given, the organisation still decides."""
    service = services["permits"]
    for organisation in ("sec", "water"):
        headers = service.token(*SCOPES, organisation=organisation, **ORGANISATIONS[organisation])
        for path in ("/v1/permits", "/v1/permit-requests"):
            answer = service.client.get(path, headers=headers)
            assert answer.json() == {"items": [], "next_cursor": None}
        answer = service.client.get(f"/v1/permits/{permit_of_tarout['permit_id']}", headers=headers)
        assert answer.status_code == 404


def example_body(operation: dict[str, Any]) -> Any:
    """The body that the contract shows for the operation."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    if "example" in content:
        return json.loads(json.dumps(content["example"], default=str))
    first = next(iter(content["examples"].values()))
    return json.loads(json.dumps(first["value"], default=str))


def content_of(operation: dict[str, Any]) -> dict[str, Any]:
    """A body that is right, as a client's argument: the contract's example, or a file."""
    if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
        return {"files": {"file": b"permit_number\n1445/331\n"}}
    return {"json": example_body(operation)}


def test_a_foreign_thing_and_a_missing_one_are_the_same_404(
    services: dict[str, ServiceInProcess], permit_of_tarout: dict[str, str]
) -> None:
    """Every operation on one thing of permits, with a body that is right, by an officer of another branch."""
    service, seen = services["permits"], 0
    headers = service.token(*SCOPES, organisation="safwa", **ORGANISATIONS["safwa"])
    for method, path, operation in protected(service):
        names = re.findall(r"\{([^}]+)\}", path)
        if not names:
            continue
        sent = content_of(operation)
        of_tarout = re.sub(r"\{([^}]+)\}", lambda match: permit_of_tarout[match[1]], path)
        foreign, missing = (
            service.client.request(method, place, headers=headers, **sent)
            for place in (of_tarout, filled(path))
        )
        assert (foreign.status_code, missing.status_code) == (404, 404), (
            method,
            path,
            foreign.text,
        )
        assert foreign.content == missing.content
        assert foreign.headers.multi_items() == missing.headers.multi_items()
        seen += 1

    assert seen > 20


def test_a_foreign_thing_and_a_missing_one_take_the_same_time(
    services: dict[str, ServiceInProcess], permit_of_tarout: dict[str, str]
) -> None:
    """Loosely: the medians of many, taken in turn. Both read one row by its key, and then nothing more."""
    service = services["permits"]
    headers = service.token("permits.read", organisation="safwa", **ORGANISATIONS["safwa"])
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(150):
        for foreign in (True, False):
            key = permit_of_tarout["permit_id"] if foreign else new_id()
            began = time.perf_counter()
            service.client.get(f"/v1/permits/{key}", headers=headers)
            times[foreign].append(time.perf_counter() - began)
    middle = {kind: sorted(list_)[len(list_) // 2] for kind, list_ in times.items()}

    assert middle[True] < 1.6 * middle[False]
    assert middle[False] < 1.6 * middle[True]
