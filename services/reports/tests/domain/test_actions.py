"""The history shows every action by its title."""

import ast
from collections.abc import Iterator
from pathlib import Path

import reports
from reports.domain.actions import TITLES, title_of
from reports.domain.reports import Action
from saudi.bilingual import Bilingual

# What journals an action, and the place of the action among its arguments.
JOURNALLING = {
    "record_report": 2,
    "record_action": 1,
    "record_change": 1,
    "_record_action": 2,
    "_publish_closed": 2,
}


def journalled() -> Iterator[str]:
    """The actions that the service's source names where it journals one."""
    for path in Path(reports.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", None))
            place = JOURNALLING.get(str(name))
            if place is not None and len(node.args) > place:
                yield from literals(node.args[place])


def literals(argument: ast.expr) -> Iterator[str]:
    """What an argument may be; a parameter that's handed on is found where it's given."""
    if isinstance(argument, ast.Constant):
        yield str(argument.value)
    elif isinstance(argument, ast.Attribute):
        yield Action[argument.attr].value
    elif isinstance(argument, ast.IfExp):
        yield from literals(argument.body)
        yield from literals(argument.orelse)


def test_every_action_that_is_journalled_has_its_title() -> None:
    found = set(journalled())

    assert {"update", "note", "refer", "release_photo"} <= found
    assert found - set(TITLES) == set()


def test_every_action_of_a_report_has_its_title() -> None:
    assert set(Action) - set(TITLES) == set()


def test_an_action_without_a_title_is_shown_by_its_name() -> None:
    assert title_of("of-an-earlier-release") == Bilingual(*("of-an-earlier-release",) * 2)
