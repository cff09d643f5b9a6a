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
MORE_CODES = [pair for doc in FILES.values() for pair in doc.get("codes", {}).items()]
FIELDS = {code: texts for doc in FILES.values() for code, texts in doc.get("fields", {}).items()}
COMMON = FILES["problems/common.yaml"]["fields"]

# What stands in Latin letters in an Arabic text: names of standards, and what is typed just so.
LATIN = {
    *(
        "JSON",
        "UTF-8",
        "CSV",
        "Allow",
        "https",
        "P-256",
        "Ed25519",
        "RSA",
        "kid",
        "JPEG",
        "PNG",
        "PDF",
        "YAML",
        *("line_id", "reference", "bill_number", "amount"),
        *("on_false", "none"),
    ),
}


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


def pairs() -> Iterator[tuple[str, str, str]]:
    """(place, Arabic text, English text) of everything that a problem can say."""
    for slug, kind in TYPES.items():
        for part in kind["ar"]:
            yield f"{slug}.{part}", kind["ar"][part], kind["en"][part]
        for code, texts in kind.get("codes", {}).items():
            yield f"{slug}.{code}", texts["ar"], texts["en"]
    for slug, codes in MORE_CODES:
        for code, texts in codes.items():
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


# Function → the place of the code among its arguments: `Fault(field, code)`, `findings.fault(path, code)`,
# `InvalidFields.of(field, code)`, `Malformed(code)`, `Unacceptable(code)`.
RAISED = {"Fault": 1, "fault": 1, "of": 1, "Malformed": 0, "Unacceptable": 0}


def field_codes(module: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """(code, names of what fills its text) of every fault of a field that a module names."""
    functions = {node.name: node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        place = RAISED.get(called(node))
        keywords = {str(one.arg): one.value for one in node.keywords}
        if place is not None and len(node.args) > place:
            for code in constants(node.args[place], functions):
                yield code, filling(node, place)
        elif {"field", "code"} <= set(
            keywords
        ):  # a refusal of the whole request that names a field
            for code in constants(keywords["code"], functions):
                yield code, placeholders(FIELDS.get(code, {}).get("ar", ""))


def constants(node: ast.expr, functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """The texts that an expression can be: itself, either side of an `if`, what a function of the module returns."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body, functions)
        yield from constants(node.orelse, functions)
    elif isinstance(node, ast.Call) and called(node) in functions:
        for part in ast.walk(functions[called(node)]):
            if isinstance(part, ast.Return) and part.value is not None:
                yield from constants(part.value, functions)


def filling(call: ast.Call, place: int) -> set[str]:
    """The names that a fault is given: `limit=10`, or `{"limit": 10}` behind the code."""
    literal = [one for one in call.args[place + 1 :] if isinstance(one, ast.Dict)]
    keys = [key.value for one in literal for key in one.keys if isinstance(key, ast.Constant)]
    return {str(one.arg) for one in call.keywords} | {str(key) for key in keys}


def owners() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each module of the product, with the words that its faults can have: the common ones, and a service's own."""
    for path in [*sources(), *ROOT.glob("libs/saudi/src/**/*.py")]:
        service = path.relative_to(ROOT).parts[1]
        yield path, {**COMMON, **FILES.get(f"problems/{service}.yaml", {}).get("fields", {})}


def called(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


def test_every_text_is_there_in_arabic_and_english() -> None:
    for place, arabic, english in pairs():
        assert re.search("[\u0620-\u064a]", arabic), place
        assert not re.search("[\u0600-\u06ff]", english), place
        assert english, place


def test_no_english_stands_in_an_arabic_text() -> None:
    for place, arabic, _ in pairs():
        latin = re.findall(r"[A-Za-z][\w-]*", re.sub(r"{\w+}", "", arabic))
        assert set(latin) <= LATIN, place


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


def test_a_service_adds_reasons_to_a_declared_type_and_two_say_the_same() -> None:
    said: dict[tuple[str, str], Any] = {}
    for slug, codes in MORE_CODES:
        assert slug in TYPES
        for code, texts in codes.items():
            assert said.setdefault((slug, code), texts) == texts, f"{slug}: {code}"


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


def test_every_code_of_a_field_that_the_code_names_has_words() -> None:
    named = {
        (code, path.relative_to(ROOT).as_posix()): code in words
        for path, words in owners()
        for code, _ in field_codes(ast.parse(path.read_text("utf-8")))
    }

    assert len(named) > 60
    assert [place for place, is_declared in named.items() if not is_declared] == []


def test_a_fault_brings_what_its_words_are_filled_with() -> None:
    bare = {
        (code, path.relative_to(ROOT).as_posix(), tuple(placeholders(words[code]["ar"]) - given))
        for path, words in owners()
        if "chassis" not in path.parts  # there the schema that was broken fills them
        for code, given in field_codes(ast.parse(path.read_text("utf-8")))
        if code in words and not placeholders(words[code]["ar"]) <= given
    }

    assert bare == set()


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


FAULTS = """
def _shares(shares):
    return "from-a-function"
Fault("name", "from-a-fault", {"limit": 1})
findings.fault(path, "from-findings", limit=1)
findings.fault(path, _shares(shares))
raise InvalidFields.of("name", "from-a-choice" if name else "from-the-other")
raise Malformed("from-saudi", limit=length) from None
Refusal(problem="wide", field="issued_to", code="from-a-refusal")
"""


def test_the_scan_finds_every_way_to_name_a_fault_of_a_field() -> None:
    assert dict(field_codes(ast.parse(FAULTS))) == {
        "from-a-fault": {"limit"},
        "from-findings": {"limit"},
        "from-a-function": set(),
        "from-a-choice": set(),
        "from-the-other": set(),
        "from-saudi": {"limit"},
        "from-a-refusal": set(),
    }


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
