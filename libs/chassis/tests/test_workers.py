"""A service's own loops in `work`: run beside the chassis' parts or apart, and none fails in silence."""

import os
import subprocess
import sys

import pytest
from serving import HERE

from chassis.service import Service

LOOPS = """
import sys
from chassis.run import cli
from chassis.service import Service

def good(process, stop):
    with process.transaction() as context:
        print("good", context.settings.issuer, flush=True)
    stop.wait()
    print("good is over", flush=True)

def bad(process, stop):
    print("bad", flush=True)
    raise ZeroDivisionError

def short(process, stop):
    print("short", flush=True)

cli.main(Service(name="sample", package="sample", workers={"good": good, "bad": bad, "short": short}))
"""


@pytest.fixture
def begin(settings):
    def run(*words):
        environment = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "ISSUER": settings.issuer,
            "CONTRACTS_DIR": str(HERE / "contracts"),
            "PYTHONPATH": str(HERE),
        }
        command = [sys.executable, "-c", LOOPS, "work", *words]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    return run


def test_a_worker_runs_apart_with_the_process_and_ends_with_it(begin, settings):
    process = begin("--only", "good")

    assert process.stdout.readline() == f"good {settings.issuer}\n"
    process.terminate()
    said, _ = process.communicate(timeout=60)

    assert "good is over" in said.splitlines()  # a line of the housekeeping may follow
    assert process.returncode == 0
    assert "bad" not in said


@pytest.mark.parametrize("name", ["bad", "short"])
def test_a_worker_that_fails_or_ends_too_early_ends_the_process_and_the_others(begin, name):
    process = begin("--only", "good", "--only", name)

    said, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "good is over" in said
    assert "work.part_failed" in said


def test_work_refuses_a_part_that_the_service_does_not_have(begin):
    process = begin("--only", "deadlines")

    process.communicate(timeout=60)

    assert process.returncode == 2


def test_a_worker_with_the_name_of_a_part_of_the_chassis_is_refused():
    with pytest.raises(ValueError, match="relay"):
        Service(name="sample", package="sample", workers={"relay": print})
