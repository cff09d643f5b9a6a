"""Every hole of docs/token-holes.md and every wall of docs/security.md names a test, and the test is there."""

import ast
import re

import pytest

from .house import ROOT

PLACES = {
    "A": "services/tenders/tests",
    "C": "libs/chassis/tests",
    "D": "libs/documents/tests",
    "G": "services/partner-gateway/tests",
    "H": "services/health-certs/tests",
    "I": "services/identity/tests",
    "L": "services/licences/tests",
    "P": "services/permits/tests",
    "R": "services/reports/tests",
    "S": "tests/system",
    "T": "tests/security",
    "W": "services/portal/tests",
    "X": "services/transactions/tests",
    "Y": "services/payments/tests",
    "Z": "services/appointments/tests",
    "libs": "libs",
}
ROW = re.compile(r"^\| (?P<hole>.+) \| (?P<test>(?:[ACDGHILPRSTWXYZ]|libs)/[\w/]+\.py::\w+) \|$")
DOCUMENTS = {"docs/token-holes.md": 60, "docs/security.md": 25}


def rows(document: str) -> list[str]:
    text = (ROOT / document).read_text("utf-8")
    return [line for line in text.splitlines() if line.startswith("| ") and "**" not in line][1:]


@pytest.mark.parametrize(("document", "least"), DOCUMENTS.items())
def test_every_hole_names_a_test(document: str, least: int) -> None:
    assert len(rows(document)) > least
    assert [row for row in rows(document) if not ROW.match(row)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_named_test_is_there(document: str) -> None:
    missing = []
    for row in rows(document):
        place, _, name = ROW.match(row)["test"].partition("::")  # type: ignore[index]
        folder, _, file = place.partition("/")
        path = ROOT / PLACES[folder] / file
        tree = ast.parse(path.read_text("utf-8")) if path.is_file() else ast.parse("")
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        if name not in functions:
            missing.append(f"{place}::{name}")

    assert missing == []
