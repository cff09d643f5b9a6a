"""No two modules import each other, not even for their types."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from .house import LIBS, SERVICES, Member, parse


def module_name(path: Path, member: Member) -> str:
    parts = path.relative_to(member.source.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def top_imports(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    """The imports at the top of a module, and the imports below `if TYPE_CHECKING`."""
    found: list[ast.Import | ast.ImportFrom] = []
    for statement in tree.body:
        body = statement.body if isinstance(statement, ast.If) else [statement]
        found += [one for one in body if isinstance(one, ast.Import | ast.ImportFrom)]
    return found


def imported(path: Path, known: set[str]) -> set[str]:
    """The modules that a module imports: `from a import b` means the module a.b if there is one, else a."""
    found = set()
    for one in top_imports(parse(path)):
        if isinstance(one, ast.Import):
            found |= {alias.name for alias in one.names}
        elif one.module and not one.level:
            names = {f"{one.module}.{alias.name}" for alias in one.names}
            found |= (names & known) or {one.module}
    return found & known


@pytest.mark.parametrize("member", [*LIBS, *SERVICES], ids=lambda member: member.name)
def test_no_module_imports_a_module_that_imports_it(member: Member) -> None:
    paths = {module_name(path, member): path for path in member.modules()}
    graph = {name: imported(path, set(paths)) - {name} for name, path in paths.items()}

    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_circle_for_types_is_found() -> None:
    source = "from a import x\nif TYPE_CHECKING:\n    from b import y\n"

    assert [ast.unparse(one) for one in top_imports(ast.parse(source))] == [
        "from a import x",
        "from b import y",
    ]
