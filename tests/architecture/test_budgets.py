"""A test of a service that computes for longer than its budget fails, unless it says why it has to (conftest.py)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .house import ROOT

TESTS = """
import time, pytest

def compute():
    began = time.process_time()
    while time.process_time() - began < 0.2:
        pass

@pytest.mark.budget(0.1, reason="too little")
def test_over():
    compute()

@pytest.mark.budget(60, reason="enough")
def test_within():
    compute()

def test_without_a_mark():
    pass
"""


def test_a_test_of_a_service_keeps_its_budget(tmp_path: Path) -> None:
    for name in ("services/desk/tests", "libs/desk/tests"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "test_desk.py").write_text(TESTS)
    shutil.copy(ROOT / "conftest.py", tmp_path)
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"]

    ended = subprocess.run(
        [sys.executable, *command, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
    )

    assert "1 failed, 5 passed" in ended.stdout, ended.stdout
    assert "services/desk/tests/test_desk.py::test_over" in ended.stdout
    assert "its budget is 0.1 s" in ended.stdout
