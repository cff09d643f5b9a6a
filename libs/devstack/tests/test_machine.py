"""What the devstack needs of the machine."""

import subprocess
import sys

from devstack import machine
from devstack.machine import free_port

TAKE_A_PORT = "from devstack.machine import free_port; print(free_port(), flush=True); __import__('sys').stdin.read()"


def test_a_port_that_another_process_was_given_is_not_given_again(monkeypatch):
    with subprocess.Popen(
        [sys.executable, "-c", TAKE_A_PORT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        theirs = int(other.stdout.readline())
        draw, proposed = machine.random.randrange, [theirs]
        monkeypatch.setattr(
            machine.random,
            "randrange",
            lambda *limits: proposed.pop() if proposed else draw(*limits),
        )

        assert free_port() != theirs

        other.stdin.close()
