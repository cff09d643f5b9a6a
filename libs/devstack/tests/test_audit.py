"""The audit says "ok" of what it looked at, and of nothing else."""

import json

import pytest

from devstack import audit


def report(*packages: dict) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


CLEAN = {"name": "flask", "version": "3.1.3", "vulns": []}
HOLE = {"id": "PYSEC-1", "fix_versions": ["2"], "aliases": [], "description": ""}


def test_a_report_without_holes_is_clean():
    assert audit.read_report(report(CLEAN), 0) == []


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (report({**CLEAN, "vulns": [HOLE]}), 1, "PYSEC-1"),
        (report({"name": "flask", "skip_reason": "not found"}), 0, "not audited: 1 of 1"),
        (report(CLEAN, {"name": "x", "skip_reason": "y"}), 0, "not audited: 1 of 2"),
        (report(), 0, "not audited"),
        (report(CLEAN), 1, "not audited: code 1"),
        ("", 1, "not audited"),
        ("No known vulnerabilities found", 0, "not audited"),
        ("{}", 0, "not audited"),
    ],
)
def test_whatever_else_it_says_is_not(text, code, said):
    assert said in audit.read_report(text, code)[0]


@pytest.mark.parametrize(
    "licence",
    [
        "GPL-3.0-or-later",
        "AGPL-3.0",
        "GNU General Public License v3 (GPLv3)",
        "GNU Affero General Public License",
        "",
    ],
)
def test_a_licence_that_reaches_our_own_code_is_refused_and_so_is_none(licence):
    assert audit.bad_licences(["thing"], of=lambda _: licence) != []


@pytest.mark.parametrize(
    "licence",
    [
        "MIT",
        "BSD-3-Clause",
        "Apache-2.0 OR BSD-3-Clause",
        "LGPL-3.0-only",
        "MPL-2.0",
        "GNU Lesser General Public License v3 (LGPLv3)",
    ],
)
def test_other_licences_are_taken(licence):
    assert audit.bad_licences(["thing"], of=lambda _: licence) == []


SAMPLE = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v"


@pytest.mark.parametrize(
    "content",
    [
        "-----BEGIN PRIVATE " + "KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ",
        '{"kty": "EC", "d": "' + SAMPLE + '"}',
        "PERMITS_SEALING_KEY=" + SAMPLE,
        f'password = "{SAMPLE}"',
        "token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + SAMPLE,
        "AKIA" + "ABCDEFGHIJKLMNOP",
    ],
)
def test_a_secret_in_a_file_is_found_and_not_repeated(content):
    (fault,) = set(audit.found_secrets({"services/x/src/x.py": "one\n" + content}))

    assert fault.startswith("services/x/src/x.py:2")
    assert SAMPLE not in fault


def test_the_repository_holds_no_secret():
    assert audit.found_secrets(audit.tracked_files()) == []
