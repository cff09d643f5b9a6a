"""The chassis is tested with a service of its own, whose contracts stand beside it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis import contracts
from chassis.service import Service
from chassis.testing import *

HERE = Path(__file__).parent
CACHED = (
    contracts.read,
    contracts.openapi,
    contracts.topics,
    contracts.event_validator,
    contracts.problem_types,
)

sys.path.insert(0, str(HERE))


def forget() -> None:
    for function in CACHED:
        function.cache_clear()


@pytest.fixture(scope="session")
def service() -> Service:
    def scales(_database: object, _settings: object) -> object:
        from sample.api import Scales

        return Scales()

    return Service(name="sample", package="sample", parts=scales)


@pytest.fixture(autouse=True)
def sample_contracts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CONTRACTS_DIR", str(HERE / "contracts"))
    forget()
    yield
    forget()
