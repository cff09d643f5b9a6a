"""How the whole suite runs: in which order, and what stays in one process."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent
# What starts processes of its own or holds something that's dear, the longest first: each folder in one process.
TOGETHER = (
    *("tests/system", "libs/devstack", "tests/security"),
    *("tests/browser/journeys", "tests/browser", "tests/faults"),
)


def group(nodeid: str) -> str:
    """The tests that run in one process, behind each other: those of a dear folder, or of a file."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest groups begin first."""
    order = {folder: place for place, folder in enumerate(TOGETHER)}
    items.sort(key=lambda item: order.get(group(item.nodeid), len(TOGETHER)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives groups to processes. xdist's own `loadgroup` reads no marks under pytest 9.2 (its issue 1386)."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    return Groups(config, log)
