"""Each deliberate bug still finds the place in the product that it breaks."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from .run import verdict
from .sabotage import SABOTAGES, command
from .sabotage.reach import miss

ROOT = Path(__file__).resolve().parents[2]


def test_there_are_at_least_ten_bugs_and_each_says_what_it_does() -> None:
    assert len(SABOTAGES) >= 10
    assert all(bug.description and bug.promise for bug in SABOTAGES.values())


def test_each_bug_reaches_the_processes_that_run_it() -> None:
    """A name that has moved, or that its process doesn't look up any more, is named here with its bug."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.sabotage.reach"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    found = dict(line.split(": ", 1) for line in ended.stdout.splitlines())

    assert ended.returncode == 0, ended.stderr
    assert set(found) == set(SABOTAGES)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_patch_that_nobody_finds_is_named(tmp_path: Path, monkeypatch) -> None:
    """A module that was loaded before the patch keeps what it imported by `from`; a later module finds the patch."""
    for name, text in {
        "product": "def publish(): ...\ndef unused(): ...\nLIMIT = 3\ndef count():\n    return LIMIT\n",
        "older": "from product import publish\ndef change():\n    publish()\n",
        "newer": "import product\ndef change():\n    product.publish()\n",
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    product, older, newer = (importlib.import_module(n) for n in ("product", "older", "newer"))
    modules = {"product": product, "older": older}

    assert list(miss("product", "", "LIMIT", modules, [])) == []
    assert list(miss("product", "", "publish", modules, [])) == []
    assert list(miss("product", "", "publish", {**modules, "newer": newer}, ["older"])) == []
    assert list(miss("product", "", "publish", modules, ["older"])) != []
    assert list(miss("product", "", "unused", modules, [])) != []
    assert list(miss("gone", "", "publish", modules, [])) == ["no process loads gone"]


def test_the_command_starts_the_service_with_the_bug() -> None:
    words = command("no-inbox", "partner_gateway", "--help")

    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)

    assert "sabotaged: no-inbox" in ended.stderr
    assert "rebuild" in ended.stdout


def test_a_bug_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="is none of"):
        command("tea-break", "permits", "serve")


@pytest.mark.parametrize(
    ("found", "good", "words"),
    [
        (
            {"no-inbox": {"every effect once"}},
            True,
            "1 of 1 bugs caught; no-inbox by «every effect once»",
        ),
        (
            {"no-inbox": {"every effect once", "drained"}},
            True,
            "1 of 1 bugs caught; no-inbox by «every effect once», besides «drained»",
        ),
        (
            {"no-inbox": {"drained"}},
            False,
            "0 of 1 bugs caught; no-inbox MISSED: «every effect once» held, broken is «drained»",
        ),
        (
            {"no-inbox": {"every effect once"}, "skip-locked": set()},
            False,
            "1 of 2 bugs caught; no-inbox by «every effect once»; "
            "skip-locked MISSED: «order» held, broken is none",
        ),
    ],
)
def test_a_bug_is_caught_by_the_promise_it_breaks_and_by_no_other(
    found: dict[str, set[str]], good: bool, words: str
) -> None:
    assert verdict(found) == (good, words)
