"""Both ends of both calendars in every day of every contract: an answer or a named field, and never a failure."""

from collections.abc import Iterator
from typing import Any

import pytest

from .granting import record_grant

ServiceInProcess = Any
DAYS = [
    *("0000-12-31", "0001-01-01", "1299-12-31", "1501-01-01", "1924-07-31", "1924-08-01"),
    *("2077-11-16", "2077-11-17", "9999-12-30", "9999-12-31", "10000-01-01"),
    *("1300/01/01", "1342/12/29", "1343/01/01", "1447/02/30", "1448/13/01", "1448-06-14"),
    *("١٤٤٨/٠٦/١٤", "1448/6/4", "14/06/1448", "1500/12/30", "1500/12/31", "1448/06/14م"),
]
TIMES = ["T00:00:00Z", "T23:59:59-14:00", "T00:00:00+14:00"]
FORMATS = {"date": [""], "calendar-day": [""], "date-time": TIMES, "calendar-moment": TIMES}
NOBODY = "01937c5e-8f00-7a11-8c2e-000000000000"


def example(service: ServiceInProcess, content: dict[str, Any]) -> Any:
    """The contract's own example of a body, the first of several."""
    if "example" in content:
        return content["example"]
    one = next(iter(content.get("examples", {"": {"value": {}}}).values()))
    name = one.get("$ref", "").rsplit("/", 1)[-1]
    return service.contract["components"]["examples"][name]["value"] if name else one["value"]


def open_ref(service: ServiceInProcess, node: dict[str, Any]) -> dict[str, Any]:
    """The node, or the target of its $ref."""
    if "$ref" not in node:
        return node
    kind, name = node["$ref"].split("/")[-2:]
    found: dict[str, Any] = service.contract["components"][kind][name]
    return open_ref(service, found)


def requests(service: ServiceInProcess) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, arguments of the client) for each day in each place of the contract."""
    for verb, path, operation in service.operations():
        url = path
        for name in ("request_id", "permit_id", "certificate_id"):
            url = url.replace(f"{{{name}}}", NOBODY)
        for declared in operation.get("parameters", ()):
            parameter = open_ref(service, declared)
            for text in texts(open_ref(service, parameter["schema"])):
                yield verb, url, {"params": {parameter["name"]: text}}
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if not content:
            continue
        body = example(service, content)
        for name, part in open_ref(service, content["schema"]).get("properties", {}).items():
            for text in texts(open_ref(service, part)):
                yield verb, url, {"json": {**body, name: text}}


def texts(schema: dict[str, Any]) -> list[str]:
    times = FORMATS.get(schema.get("format", ""), [])
    return [day + time for day in DAYS for time in times]


@pytest.mark.parametrize("name", ["permits", "partner-gateway", "identity"])
def test_no_day_of_any_calendar_makes_a_service_fail(
    services: dict[str, ServiceInProcess], name: str
) -> None:
    service = services[name]
    scopes = {
        scope
        for *_, operation in service.operations()
        for way in operation["security"]
        for scope in way["oauth2"]
    }
    claims: dict[str, Any] = {}
    if name == "partner-gateway":
        record_grant(service, "sec")
        claims = {"organisation": "sec", "organisation_kind": "partner", "municipality": None}
    headers = service.token(*scopes, **claims)

    asked = [
        (verb, path, sent, service.client.request(verb, path, headers=headers, **sent).status_code)
        for verb, path, sent in requests(service)
    ]

    assert len(asked) > 20
    assert [one for one in asked if one[-1] >= 500] == []
    assert {one[-1] for one in asked} & {400}
