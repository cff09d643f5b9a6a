"""What the chassis does once for all services is done nowhere else."""

import importlib

import pytest

from chassis.data.advisory import Lock, LockSpace

from .house import SERVICES, SOURCES, is_migration, place

CHASSIS = "libs/chassis/src/chassis"


@pytest.mark.parametrize(
    ("words", "module"),
    [
        ("pg_try_advisory", f"{CHASSIS}/data/advisory.py"),
        ("pg_advisory", f"{CHASSIS}/data/advisory.py"),
        ("database_away", f"{CHASSIS}/data/failures.py"),
    ],
)
def test_words_that_only_one_module_says(words: str, module: str) -> None:
    said = {
        place(path)
        for path in SOURCES
        if words in path.read_text("utf-8") and not is_migration(path)
    }

    assert said - {"libs/devstack/src/devstack/postgres.py"} == {module}


def test_each_advisory_lock_has_a_number_of_its_own() -> None:
    """Declaring a number twice raises, so importing all declarations is the test."""
    declaring = [
        path for path in SOURCES if "advisory import Lock" in path.read_text("utf-8")
    ]  # fmt: skip
    for path in declaring:
        package = place(path).split("/src/")[1].removesuffix(".py").removesuffix("/__init__")
        importlib.import_module(package.replace("/", "."))

    assert len(SERVICES) > 1
    assert len(Lock.declared) >= 7
    assert set(LockSpace.declared.values()) == {"chassis.quotas", "chassis.relay"}


def test_a_number_cannot_be_declared_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lock, "declared", {})
    Lock("first", 1)

    with pytest.raises(ValueError, match="first has the number"):
        Lock("second", 1)
