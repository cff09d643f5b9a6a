"""Every hole of docs/token-holes.md names a test, and the test is there."""

import ast
import re

from .house import ROOT

PLACES = {"C": "libs/chassis/tests", "I": "services/identity/tests", "S": "tests/system"}
ROW = re.compile(r"^\| (?P<hole>.+) \| (?P<test>[CIS]/[\w/]+\.py::\w+) \|$")


def rows() -> list[str]:
    text = (ROOT / "docs" / "token-holes.md").read_text("utf-8")
    return [line for line in text.splitlines() if line.startswith("| ") and "**" not in line][1:]


def test_every_hole_names_a_test() -> None:
    assert len(rows()) > 60
    assert [row for row in rows() if not ROW.match(row)] == []


def test_every_named_test_is_there() -> None:
    missing = []
    for row in rows():
        place, _, name = ROW.match(row)["test"].partition("::")  # type: ignore[index]
        folder, _, file = place.partition("/")
        tree = ast.parse((ROOT / PLACES[folder] / file).read_text("utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        if name not in functions:
            missing.append(f"{place}::{name}")

    assert missing == []
