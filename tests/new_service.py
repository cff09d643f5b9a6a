"""`make new-service`: makes a service in a scratch copy of the tree, and runs there all that a service has to pass.

The copy is a repository of its own, whose one commit is the tree as it stands: new contracts are compared with it.
Its environment comes from uv's cache.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from devstack.machine import say

ROOT = Path(__file__).resolve().parents[1]
NAME = "vendors"
LIMIT_S = 900
# Two tests of the whole system: the new service starts and answers its probes, and its client asks it a question.
STARTS = "test_each_service_publishes_its_contract_its_page_and_its_probes"
ANSWERS = f"test_a_generated_client_reads_the_answer_of_the_running_service and {NAME}"
STEPS = (
    ["make", "--no-print-directory", "service", f"NAME={NAME}"],
    ["make", "--no-print-directory", "lint", "types"],
    [".venv/bin/python", "-m", "pytest", "-q", f"services/{NAME}"],
    ["make", "--no-print-directory", "contracts", "architecture"],
    [".venv/bin/python", "-m", "pytest", "-q", "tests/system", "-k", f"{STARTS} or ({ANSWERS})"],
)


def copy(target: Path) -> None:
    """The files that git knows or would take, without what's ignored, and the tools by a link."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    (target / ".tools").symlink_to(ROOT / ".tools")
    if (ROOT / ".mypy_cache").is_dir():
        shutil.copytree(ROOT / ".mypy_cache", target / ".mypy_cache")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "--no-verify", "-m", "Base"]):
        author = ["-c", "user.name=scratch", "-c", "user.email=scratch@localhost"]
        subprocess.run(["git", *author, *words], cwd=target, check=True)


def measure(target: Path) -> str:
    """How many lines the service has, in its folder and its contracts, and elsewhere."""
    subprocess.run(["git", "add", "-A"], cwd=target, check=True)
    command = ["git", "diff", "--cached", "--numstat", "HEAD"]
    done = subprocess.run(command, cwd=target, check=True, capture_output=True, text=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    fresh = subprocess.run(
        ["git", "diff", "--cached", "--name-only", "--diff-filter=A", "HEAD"],
        cwd=target, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    inside = sum(int(row[0]) for row in rows if row[2].startswith("services/"))
    contracts = sum(
        int(row[0]) for row in rows if row[2] in fresh and row[2].startswith("contracts/")
    )
    elsewhere = sum(int(row[0]) for row in rows if row[2] not in fresh)
    return f"{inside} lines in its folder, {contracts} of contracts, {elsewhere} written elsewhere"


def main() -> int:
    """Runs the steps and answers 1 at the first that fails."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="new-service-") as folder:
        target = Path(folder)
        copy(target)
        environment = {name: text for name, text in os.environ.items() if name != "VIRTUAL_ENV"}
        environment.pop("MAKEFLAGS", None)
        environment["CONTRACTS_BASE"] = "HEAD"
        for step in STEPS:
            left = LIMIT_S - (time.monotonic() - began)
            done = subprocess.run(
                step, cwd=target, env=environment, timeout=left, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            say(f"new-service: {' '.join(step)}: {time.monotonic() - began:.0f} s")
            if done.returncode:
                say(done.stdout[-8_000:])
                return 1
        say(f"new-service: {NAME} has {measure(target)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
