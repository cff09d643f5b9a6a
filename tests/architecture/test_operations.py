"""An operation of the contract is a function of the same name, and the api has no other functions."""

import importlib
import inspect
from types import ModuleType
from typing import Any

import pytest

from chassis.core import contracts

from .house import SERVICES, Member

METHODS = {"get", "put", "post", "delete", "patch"}
# Public functions of an api that answer no request of their own.
HOOKS = {
    "partner-gateway": {
        "record_denied": "called by the chassis for a token that lacks a scope",
        "as_of": "part of each answer",
        "decided": "what a submission is answered with when its caller waits for the decision",
        "charge_look": "part of each look at the record, the quota or the status",
    },
    "licences": {"applicant_of": "part of each operation of a citizen, and of the rules of a form"},
    "notify": {"authenticate_key": "called by the chassis for an API key"},
    "payments": {"authenticate_bill_system": "called by the chassis for a signed notice"},
}


def operation_ids(document: dict[str, Any]) -> set[str]:
    return {
        item[method]["operationId"]
        for item in document["paths"].values()
        for method in METHODS & set(item)
    }


def functions(module: ModuleType) -> dict[str, Any]:
    """The public functions that stand in a module and are given a call."""
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and name[0] != "_"
        and next(iter(inspect.signature(value).parameters), None) in {"call", "_call"}
    }


@pytest.mark.parametrize("service", SERVICES, ids=lambda member: member.name)
def test_every_operation_has_its_function_and_every_function_its_operation(service: Member) -> None:
    made = importlib.import_module(f"{service.package}.app").SERVICE
    modules = [importlib.import_module(name) for name in made.operation_modules()]
    declared = operation_ids(contracts.openapi(service.name))

    found = [name for module in modules for name in functions(module)]

    assert sorted(set(found) - set(HOOKS.get(service.name, {}))) == sorted(declared)
    assert len(found) == len(set(found))


def test_a_function_without_an_operation_is_seen() -> None:
    module = ModuleType("api")
    exec("def asked(call): ...\ndef forgotten(_call): ...\ndef _own(call): ...", vars(module))
    for name in ("asked", "forgotten", "_own"):
        getattr(module, name).__module__ = "api"

    assert set(functions(module)) == {"asked", "forgotten"}
    assert operation_ids(
        {"paths": {"/a": {"get": {"operationId": "asked"}, "parameters": []}}}
    ) == {"asked"}
