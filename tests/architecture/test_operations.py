"""An operation of the contract is a function of the same name, and the api has no other functions."""

import importlib
import inspect
from types import ModuleType
from typing import Any

import pytest

from chassis import contracts

from .house import SERVICES, Member

METHODS = {"get", "put", "post", "delete", "patch"}
# Public functions of an api that answer no request of their own.
HOOKS = {"partner-gateway": {"record_denied": "told by the chassis of a token that lacks a scope"}}


def operation_ids(document: dict[str, Any]) -> set[str]:
    return {
        item[method]["operationId"]
        for item in document["paths"].values()
        for method in METHODS & set(item)
    }


def functions(module: ModuleType) -> set[str]:
    """What the api offers: `__all__`, else the public functions that stand in it."""
    if hasattr(module, "__all__"):
        return set(module.__all__)
    return {
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and name[0] != "_"
    }


@pytest.mark.parametrize("service", SERVICES, ids=lambda member: member.name)
def test_every_operation_has_its_function_and_every_function_its_operation(service: Member) -> None:
    api = importlib.import_module(f"{service.package}.api")
    declared = operation_ids(contracts.openapi(service.name))

    assert functions(api) - set(HOOKS.get(service.name, {})) == declared
    for name in declared:
        first = next(iter(inspect.signature(getattr(api, name)).parameters))
        assert first in {"call", "_call"}, name


def test_a_function_without_an_operation_is_seen() -> None:
    module = ModuleType("api")
    exec("def asked(call): ...\ndef forgotten(call): ...\ndef _own(): ...", vars(module))
    for name in ("asked", "forgotten", "_own"):
        getattr(module, name).__module__ = "api"

    assert functions(module) == {"asked", "forgotten"}
    assert operation_ids(
        {"paths": {"/a": {"get": {"operationId": "asked"}, "parameters": []}}}
    ) == {"asked"}
