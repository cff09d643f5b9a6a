"""A desk acts on what its page showed: a thing that changed since is refused, a form counts once, and a thing names the
actions that its state allows."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from chassis.core import contracts
from permits.app import SERVICE

SUSPENSION = {"reason": "ملاحظات على السلامة", "body": "الدفاع المدني"}


def version(number: int) -> dict[str, str]:
    return {"If-Match": f'"{number}"'}


@pytest.fixture
def request_id(api: Any, application: Callable[..., dict[str, Any]]) -> str:
    return str(api.ask("submit_permit_request", application())["request_id"])


def test_a_request_that_changed_since_it_was_read_stays_as_it_is(api: Any, request_id: str) -> None:
    at = {"request_id": request_id}
    read = api.ask("get_permit_request", **at)["version"]
    api.ask("send_permit_request_to_office", **at)

    answer = api.send("cancel_permit_request", {"note": "x"}, beside=version(read), **at)

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/changed-meanwhile")
    assert api.ask("get_permit_request", **at)["status"] == "with_office"


def test_a_request_changes_in_the_version_that_was_read(api: Any, request_id: str) -> None:
    at = {"request_id": request_id}
    read = api.ask("get_permit_request", **at)["version"]

    row = api.ask("send_permit_request_to_office", beside=version(read), **at)

    assert row["status"] == "with_office"


def test_the_issue_of_a_permit_compares_the_version_of_its_request(
    api: Any, paid: Callable[..., str]
) -> None:
    at = {"request_id": paid()}
    read = api.ask("get_permit_request", **at)["version"]

    refused = api.send("issue_permit", beside=version(read - 1), **at)
    issued = api.send("issue_permit", beside=version(read), **at)

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/changed-meanwhile")
    assert issued.status_code == 201


def test_a_permit_and_its_certificate_and_release_are_compared_too(
    api: Any, permit: dict[str, Any], insulation: dict[str, Any]
) -> None:
    release = api.ask("submit_release", {"extent": "partial"}, permit_id=permit["permit_id"])
    reason = {"reason": "لا ينطبق على هذا المبنى"}
    stale = [
        ("suspend_permit", SUSPENSION, {"permit_id": permit["permit_id"]}),
        ("revoke_insulation_certificate", reason, {"certificate_id": insulation["certificate_id"]}),
        ("refuse_release", reason, {"release_id": release["release_id"]}),
    ]

    for operation, body, at in stale:
        answer = api.send(operation, body, beside=version(99), **at)

        assert answer.status_code == 409, operation
        assert answer.json()["type"].endswith("/changed-meanwhile"), operation


def test_a_form_that_is_sent_twice_counts_once(api: Any, permit: dict[str, Any]) -> None:
    at, key = {"permit_id": permit["permit_id"]}, {"Idempotency-Key": "k-1"}

    first = api.send("suspend_permit", SUSPENSION, beside=key, **at)
    second = api.send("suspend_permit", SUSPENSION, beside=key, **at)
    other = api.send("suspend_permit", {**SUSPENSION, "body": "البلدية"}, beside=key, **at)

    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 422
    assert len(api.ask("get_permit", **at)["suspensions"]) == 1


def test_a_thing_names_the_actions_that_its_state_allows(
    api: Any, request_id: str, permit: dict[str, Any], insulation: dict[str, Any]
) -> None:
    release = api.ask("submit_release", {"extent": "partial"}, permit_id=permit["permit_id"])

    draft = api.ask("get_permit_request", request_id=request_id)["actions"]

    assert draft == ["send_to_office", "edit", "cancel"]
    assert "suspend" in permit["actions"]
    assert "reinstate" not in permit["actions"]
    assert insulation["actions"] == ["void", "revoke"]
    assert "inspect_site" in release["actions"]
    assert "approve_partial" not in release["actions"]


def test_no_action_of_the_system_is_offered_to_people(api: Any, paid: Callable[..., str]) -> None:
    offered = api.ask("get_permit_request", request_id=paid())["actions"]

    assert "issue" in offered
    assert not {"pay", "unbill", "carry_payment", "readmit"} & set(offered)


def test_each_operation_that_declares_the_version_compares_it() -> None:
    modules = [import_module(name) for name in SERVICE.api]
    declared = [
        one["operationId"]
        for item in contracts.openapi("permits")["paths"].values()
        for one in item.values()
        if isinstance(one, dict)
        if any(ref.get("$ref", "").endswith("/VersionRead") for ref in one.get("parameters", ()))
    ]

    found = [
        getattr(module, name) for name in declared for module in modules if hasattr(module, name)
    ]

    assert len(found) == len(declared) > 0
    assert [one.__name__ for one in found if not hasattr(one, "__wrapped__")] == []


def test_the_releases_of_one_permit_are_listed(api: Any, permit: dict[str, Any]) -> None:
    release = api.ask("submit_release", {"extent": "partial"}, permit_id=permit["permit_id"])

    own = api.ask("list_releases", query={"permit_id": permit["permit_id"]})["items"]
    foreign = api.ask("list_releases", query={"permit_id": release["release_id"]})["items"]

    assert [one["release_id"] for one in own] == [release["release_id"]]
    assert foreign == []
