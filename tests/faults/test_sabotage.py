"""Each deliberate bug still finds the place in the product that it breaks."""

import subprocess
import sys
from pathlib import Path

import pytest

from .run import verdict
from .sabotage import SABOTAGES, command

ROOT = Path(__file__).resolve().parents[2]
APPLY_EACH = """
import os, sys
import health_certs.app, licences.app, notify.app, partner_gateway.api, payments.api.notices, permits.api, reports.app
from tests.faults.sabotage import SABOTAGES
for bug in SABOTAGES.values():
    if os.fork() == 0:
        bug.apply()
        print(bug.name, flush=True)
        os._exit(0)
    assert os.wait()[1] == 0, bug.name
"""


def test_there_are_at_least_ten_bugs_and_each_says_what_it_does() -> None:
    assert len(SABOTAGES) >= 10
    assert all(bug.description and bug.promise for bug in SABOTAGES.values())


def test_each_bug_goes_into_a_process_of_its_own() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", APPLY_EACH],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert set(ended.stdout.split()) == set(SABOTAGES)


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
