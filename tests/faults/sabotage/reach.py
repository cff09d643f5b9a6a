"""`python -m tests.faults.sabotage.reach`: finds the deliberate bugs that the product has left behind.

A bug that patches a name that nobody calls any more breaks nothing, and proves nothing. So every place that a bug
patches has to lie in a module that the bug's service loads without the bug, and a function of the service has to find
the patched name there. A bug is applied before its service is imported: a module that imports the name by `from`
afterwards finds the patch too, a module that the bug itself has loaded before doesn't.
"""

import ast
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from chassis.run import cli  # noqa: F401  # as the process with the bug has it
from devstack.machine import ROOT

from . import SABOTAGES
from .bug import PATCHED, Sabotage

WRITER = "tests.faults.feed.writer"
Places = list[tuple[str, str, str]]  # module, class or nothing, name


def main() -> None:
    """Prints a line for each bug: its name and what's wrong with it, or nothing."""
    applied = {
        name: json.loads(_in_child(lambda bug=bug: _apply(bug)))  # type: ignore[misc]
        for name, bug in SABOTAGES.items()
    }
    for service in sorted({bug.service for bug in SABOTAGES.values()}):
        sys.stdout.write(_in_child(lambda name=service: _judge_service(name, applied)))  # type: ignore[misc]


def _in_child(answers: Callable[[], str]) -> str:
    """Returns what a function answers in a process of its own, whose imports and patches are gone afterwards."""
    read, write = os.pipe()
    if os.fork() == 0:
        with os.fdopen(write, "w") as answer:
            answer.write(answers())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        found = answer.read()
    if os.wait()[1] or not found:
        sys.exit("a bug can't be applied any more")
    return found


def _apply(bug: Sabotage) -> str:
    """Returns the places that a bug patches, and the modules that were loaded by then."""
    bug.apply()
    places = [
        (target.__name__, "", name)
        if isinstance(target, ModuleType)
        else (target.__module__, target.__name__, name)
        for target, name in PATCHED
    ]
    return json.dumps([places, [name for name, one in sys.modules.items() if _is_product(one)]])


def _judge_service(service: str, applied: Mapping[str, Any]) -> str:
    importlib.import_module(f"{service.replace('-', '_')}.app")
    roles = sorted({bug.role for bug in SABOTAGES.values() if bug.service == service})
    return "".join(
        _in_child(lambda name=role: _judge_role(service, name, applied))  # type: ignore[misc]
        for role in roles
    )


def _judge_role(service: str, role: str, applied: Mapping[str, Any]) -> str:
    """Loads what a process of the role loads, and judges the bugs in it."""
    names = ["chassis.run.work"] if role else [WRITER]
    if role == "serve":
        app = importlib.import_module(f"{service.replace('-', '_')}.app")
        names = ["chassis.run.web", "chassis.http.app", *app.SERVICE.operation_modules()]
    for name in names:
        importlib.import_module(name)
    modules = {name: one for name, one in sys.modules.items() if _is_product(one)}
    lines = []
    for bug in SABOTAGES.values():
        if (bug.service, bug.role) == (service, role):
            places, before = applied[bug.name]
            wrong = [] if places else ["it patches nothing"]
            for place in places:
                wrong += miss(*place, modules, before)
            lines.append(f"{bug.name}: {'; '.join(wrong)}\n")
    return "".join(lines)


def _is_product(module: ModuleType) -> bool:
    path = Path(getattr(module, "__file__", None) or "/")
    return path.is_relative_to(ROOT) and (module.__name__ == WRITER or "src" in path.parts)


def miss(
    home: str, owner: str, name: str, modules: Mapping[str, ModuleType], before: list[str]
) -> Iterator[str]:
    """Says why a patch doesn't reach a process with these modules, of which some were loaded `before` the patch."""
    if home not in modules:
        yield f"no process loads {home}"
        return
    target = getattr(modules[home], owner) if owner else modules[home]
    mentions = [one for one in modules.values() if name in _source(one)]
    if owner:
        reached = name == "__init__" or any(_names_attribute(one, name) for one in mentions)
    else:
        reached = any(_finds(one, target, name, one.__name__ in before) for one in mentions)
    if not reached:
        yield f"nobody finds {'.'.join(filter(None, (home, owner, name)))} when it runs"


@cache
def _source(module: ModuleType) -> str:
    return Path(str(module.__file__)).read_text("utf-8")


@cache
def _lookups(module: ModuleType) -> tuple[ast.expr, ...]:
    """Returns the names and attributes that the functions of a module look up when they run."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    tree = ast.parse(_source(module))
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, functions)]
    statements = [one for body in bodies for one in (body if isinstance(body, list) else [body])]
    return tuple(
        node
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load)
    )


def _finds(module: ModuleType, target: ModuleType, name: str, is_older: bool) -> bool:
    """Returns whether a function finds the patch: as a global or an attribute of the target, or by a later import."""
    original = getattr(target, name)
    for node in _lookups(module):
        if isinstance(node, ast.Name):
            if module is target and node.id == name:
                return True
        elif node.attr == name and _value_of(node.value, module) is target:
            return True
        if not is_older and module is not target and _value_of(node, module) is original:
            return True
    return False


def _value_of(node: ast.expr, module: ModuleType) -> Any:
    if isinstance(node, ast.Name):
        return getattr(module, node.id, None)
    if isinstance(node, ast.Attribute):
        return getattr(_value_of(node.value, module), node.attr, None)
    return None


def _names_attribute(module: ModuleType, name: str) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == name for node in _lookups(module))


if __name__ == "__main__":
    main()
