"""How the whole suite runs: in which order, what stays in one process, and how long a service's test may take."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent
# What starts processes of its own or holds something that's dear, the longest first: each folder in one process.
TOGETHER = ("tests/system", "libs/devstack", "tests/security", "tests/browser", "tests/faults")
# What a test in services/ may compute: some four times what the dearest one without a mark takes on
# two quiet cores. A slow machine counts more seconds for the same work.
COMPUTES_S = 4.0


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "budget(computes, reason): how many seconds of computing a test in services/ may take, and why it's so many",
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test of a service that computes for too long fails, unless it says why it has to."""
    began = time.process_time()
    outcome = yield
    computed, allowed = time.process_time() - began, budget(item)
    if item.path.is_relative_to(ROOT / "services") and computed > allowed:
        pytest.fail(f"computed for {computed:.1f} s; its budget is {allowed} s")
    return outcome


def budget(item: pytest.Item) -> float:
    """In seconds of this process: how long others keep it waiting isn't the test's fault."""
    mark = item.get_closest_marker("budget")
    return mark.args[0] if mark else COMPUTES_S
