"""The lists of packages in .importlinter, which knows wildcards below a package only."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from devstack.services import Declared


def lists(root: Path, services: Sequence[Declared]) -> Mapping[str, str]:
    """Block → lines of .importlinter."""
    names = sorted(one.package for one in services)
    libraries = sorted(file.parent.name for file in root.glob("libs/*/pyproject.toml"))
    slow = sorted(one.package for one in services if not one.fast)
    return {
        "packages": _lines([*libraries, *names]),
        "floor": _lines([" | ".join(["devstack", *names])]),
        "services": _lines(names),
        "rules": _lines([f"{name}.domain" for name in names]),
        "slow": _lines(slow),
    }


def _lines(names: Sequence[str]) -> str:
    return "".join(f"    {name}\n" for name in names)
