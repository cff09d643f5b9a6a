"""Where the house keeps its code, and how the rules look at it. Every finder answers the faults, a line each."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Member:
    """One package of the workspace. `name` is the dashed folder."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        return self.folder / "src" / self.package

    def modules(self) -> list[Path]:
        return sorted(self.source.rglob("*.py"))


def members(kind: str) -> list[Member]:
    """The members beneath `libs` or `services`."""
    return [
        Member(path.parent)
        for path in sorted((ROOT / kind).glob("*/pyproject.toml"))
        if (path.parent / "src").is_dir()
    ]


LIBS = members("libs")
SERVICES = members("services")
SOURCES = [path for member in [*LIBS, *SERVICES] for path in member.modules()]


def place(path: Path) -> str:
    """The path as a reader of the repository knows it."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def is_migration(path: Path) -> bool:
    return "migrations" in path.parts


def long_functions(module: ast.Module, limit: int) -> list[str]:
    """Functions of more lines than the limit; a docstring doesn't count."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if ast.get_docstring(node, clean=False) is not None:
                lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
            if lines > limit:
                found.append(f"{node.name} has {lines} lines")
    return found


def commits(module: ast.Module) -> int:
    """How often `….commit()` is called, without arguments as a session has it."""
    return sum(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
        and not node.args
        and not node.keywords
        for node in ast.walk(module)
    )


def imported(module: ast.Module) -> set[str]:
    """The absolute names that a module imports, also by `import_module("…")`."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
            found |= {str(one.value) for one in node.args[:1] if isinstance(one, ast.Constant)}
    return found


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def without_docstring(module: ast.Module) -> list[str]:
    """The module itself, its public functions and classes, where they have no docstring."""
    found = [] if ast.get_docstring(module) else ["the module"]
    return found + [
        node.name
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]


_EXCUSES = {"skip", "skipif", "xfail", "importorskip"}


def excuses(module: ast.Module) -> list[str]:
    """What makes a test lie or wait for luck: `time.sleep`, skip, skipif, xfail, importorskip.

    A sleep between two looks at a condition, in a loop that ends at a deadline of `time.monotonic`, is no such wait.
    """
    polls = {
        node
        for loop in ast.walk(module)
        if isinstance(loop, ast.While) and "time.monotonic()" in ast.unparse(loop)
        for node in ast.walk(loop)
    }
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            found += ["sleep" for alias in node.names if alias.name == "sleep"]
        elif isinstance(node, ast.Attribute):
            owner = getattr(node.value, "id", getattr(node.value, "attr", ""))
            if (owner == "time" and node.attr == "sleep" and node not in polls) or (
                owner in {"pytest", "mark"} and node.attr in _EXCUSES
            ):
                found.append(node.attr)
    return found


def chain_faults(revisions: list[tuple[str, str | None, str | None]]) -> list[str]:
    """Faults of a chain of migrations given as (file stem, revision, down_revision) in the order of their names."""
    found, before = [], None
    for position, (stem, revision, down) in enumerate(revisions, start=1):
        number = f"{position:04}"
        if not re.fullmatch(number + r"_[a-z0-9_]+", stem):
            found.append(f"{stem}: expected {number}_…")
        if revision != number:
            found.append(f"{stem}: revision {revision}, expected {number}")
        if down != before:
            found.append(f"{stem}: follows {down}, expected {before}")
        before = number
    return found


def revision(path: Path) -> tuple[str, str | None, str | None]:
    """(file stem, revision, down_revision) of a migration."""
    values: dict[str, Any] = {}
    for node in parse(path).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(targets[0], ast.Name) and isinstance(value, ast.Constant):
            values[targets[0].id] = value.value
    return path.stem, values.get("revision"), values.get("down_revision")


def check_digit_is_right(number: str) -> bool:
    """Luhn, as national IDs and iqamas have it."""
    digits = [int(digit) for digit in number]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[::2]]
    return (sum(doubled) + sum(digits[1::2])) % 10 == 0


_TEN_DIGITS = re.compile(r"(?<!\w)\d{10}(?!\w)")  # digits of every script
_LOW = re.compile(r"[12]0000000[0-9]{2}")
_MILLISECONDS = re.compile(r"\.ms\W+[0-9]")


def personal_numbers(text: str, allowed: frozenset[str] = frozenset()) -> list[str]:
    """Numbers that could be somebody's: 1 or 2 in front, right check digit, and no low sequence."""
    found = []
    for line in text.splitlines():
        if _MILLISECONDS.search(line):
            continue
        for match in _TEN_DIGITS.finditer(line):
            number = "".join(str(int(digit)) for digit in match.group())
            if number[0] not in "12" or _LOW.fullmatch(number) or number in allowed:
                continue
            if check_digit_is_right(number):
                found.append(number)
    return found


def texts(*folders: str) -> Iterator[tuple[Path, str]]:
    """Every text file beneath the folders of the repository."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if not path.is_file() or "__pycache__" in path.parts or path.suffix == ".pyc":
                continue
            try:
                yield path, path.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def files_of_tests() -> list[Path]:
    """Every Python file of every test folder, but for the fault harness itself: a load at a pace and a fault that lasts
    ten seconds take their time. Its tests are among them."""
    harness = ROOT / "tests" / "faults"
    folders = [
        *ROOT.glob("libs/*/tests"),
        *ROOT.glob("services/*/tests"),
        ROOT / "tests",
    ]
    found = {path for folder in folders for path in folder.rglob("*.py")}
    return sorted(
        path for path in found if harness not in path.parents or path.name.startswith("test_")
    )


# Libraries and tables of the vocabulary: digits of Arabic as a list, tatweel, letters that are folded.
_VOCABULARY = re.compile(
    r"(import|from) (hijridate|phonenumbers)|٠١٢٣|۰۱۲۳|\\u0640|أإآ", re.MULTILINE
)


def reads_what_people_write(source: str) -> bool:
    """Whether a module reads dates, telephones, digits or letters as only `saudi` may."""
    return _VOCABULARY.search(source) is not None
