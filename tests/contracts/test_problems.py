"""Every problem speaks Arabic and English, and the code names no problem that isn't declared."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .reading import ROOT, tree

NOW = tree()
FILES = {name: doc for name, doc in NOW.items() if name.startswith("problems/")}
TYPES = {slug: kind for doc in FILES.values() for slug, kind in doc.get("types", {}).items()}
FIELDS = {code: texts for doc in FILES.values() for code, texts in doc.get("fields", {}).items()}


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


def pairs() -> Iterator[tuple[str, str, str]]:
    """(place, Arabic text, English text) of everything that a problem can say."""
    for slug, kind in TYPES.items():
        for part in ("title", "detail"):
            yield f"{slug}.{part}", kind["ar"][part], kind["en"][part]
        for code, texts in kind.get("codes", {}).items():
            yield f"{slug}.{code}", texts["ar"], texts["en"]
    for code, texts in FIELDS.items():
        yield f"field {code}", texts["ar"], texts["en"]


def sources() -> list[Path]:
    return [*ROOT.glob("libs/chassis/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]


def takers(trees: list[ast.Module]) -> set[str]:
    """The classes whose first argument is a problem's slug, beside `Problem` itself."""
    found = {"Problem"}
    for node in (node for module in trees for node in ast.walk(module)):
        if not isinstance(node, ast.ClassDef):
            continue
        for part in node.body:
            if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                if [one.arg for one in part.args.args][1:2] in (["problem"], ["slug"]):
                    found.add(node.name)
            elif isinstance(part, ast.AnnAssign):
                if isinstance(part.target, ast.Name) and part.target.id == "problem":
                    found.add(node.name)
                break
    return found


def slugs(module: ast.Module, classes: set[str]) -> Iterator[str]:
    """The slugs that a module names: `problem = "…"`, `problem="…"`, and the first argument of a taker."""
    node: Any
    for node in ast.walk(module):
        if is_named_problem(node):
            value = node.value
        elif isinstance(node, ast.Call) and called(node) in classes and node.args:
            value = node.args[0]
        else:
            continue
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def is_named_problem(node: Any) -> bool:
    if isinstance(node, ast.Assign):
        return [getattr(one, "id", "") for one in node.targets] == ["problem"]
    if isinstance(node, ast.AnnAssign):
        return getattr(node.target, "id", "") == "problem"
    return isinstance(node, ast.keyword) and node.arg == "problem"


def field_codes(module: ast.Module) -> Iterator[str]:
    """The codes of `FieldError("field", "code")`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and called(node) == "FieldError":
            yield from (str(one.value) for one in node.args[1:2] if isinstance(one, ast.Constant))


def called(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


def test_every_text_is_there_in_arabic_and_english() -> None:
    for place, arabic, english in pairs():
        assert re.search("[\u0620-\u064a]", arabic), place
        assert not re.search("[\u0600-\u06ff]", english), place
        assert english, place


def test_every_placeholder_stands_in_both_languages() -> None:
    for place, arabic, english in pairs():
        assert placeholders(arabic) == placeholders(english), place


def test_every_problem_has_a_slug_and_a_status_of_failure() -> None:
    for slug, kind in TYPES.items():
        assert re.fullmatch("[a-z]+(-[a-z0-9]+)*", slug)
        assert 400 <= kind["status"] <= 599, slug


def test_no_problem_is_declared_twice() -> None:
    declared = [slug for doc in FILES.values() for slug in doc.get("types", {})]

    assert len(declared) == len(set(declared))


def test_a_code_of_a_field_that_two_files_declare_says_the_same() -> None:
    said: dict[str, Any] = {}
    for name, doc in FILES.items():
        for code, texts in doc.get("fields", {}).items():
            assert said.setdefault(code, texts) == texts, f"{name}: {code}"


def test_every_problem_that_the_code_names_is_declared() -> None:
    modules = {path: ast.parse(path.read_text("utf-8")) for path in sources()}
    classes = takers(list(modules.values()))
    named = {
        (slug, path.relative_to(ROOT).as_posix())
        for path, module in modules.items()
        for slug in slugs(module, classes)
    }

    assert len(named) > 20
    assert {(slug, place) for slug, place in named if slug not in TYPES} == set()


def test_every_code_of_a_field_that_the_code_names_is_declared() -> None:
    named = {code for path in sources() for code in field_codes(ast.parse(path.read_text("utf-8")))}

    assert named - set(FIELDS) == set()


SOURCE = """
class Refused(Exception):
    problem = "from-a-class"
class Refusal:
    problem: str
class Conflict(Exception):
    def __init__(self, problem: str) -> None: ...
raise Problem("from-a-call")
raise problems.Problem("from-an-attribute")
raise Conflict("from-another-class")
found = Refusal(problem="from-a-keyword")
"""


def test_the_scan_finds_every_way_to_name_a_problem() -> None:
    module = ast.parse(SOURCE)

    assert takers([module]) == {"Problem", "Refusal", "Conflict"}
    assert set(slugs(module, takers([module]))) == {
        *("from-a-class", "from-a-call", "from-an-attribute"),
        *("from-another-class", "from-a-keyword"),
    }


@pytest.mark.parametrize("name", FILES)
def test_a_problem_file_belongs_to_a_service(name: str) -> None:
    service = name.removeprefix("problems/").removesuffix(".yaml")

    assert service == "common" or (ROOT / "services" / service).is_dir()
