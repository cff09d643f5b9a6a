"""What the whole system computes meanwhile: CPU time of every process, of PostgreSQL, Kafka and the client."""

import os
from collections.abc import Callable

import psycopg

from bench.gateway.processes import cpu_seconds, tree
from devstack.system import System

PAIRS = 2_000
_TABLE = "CREATE TABLE IF NOT EXISTS bench_smoke (id bigint PRIMARY KEY, body text NOT NULL)"
_INSERT = "INSERT INTO bench_smoke VALUES (%s, %s)"
_UPDATE = "UPDATE bench_smoke SET body = %s WHERE id = %s"


class Costs:
    """The processes of a running system, and a database of it for the reference."""

    def __init__(self, system: System) -> None:
        description = system.description()
        self._pids = [one["pid"] for one in description["pids"] if one["pid"] != os.getpid()]
        self._url = description["databases"]["permits"].replace("+psycopg", "")

    def of(self, work: Callable[[], int]) -> float:
        """Returns the CPU seconds of one thing, as an average over the things that `work` says it did."""
        before = self._seconds()
        count = work()
        return (self._seconds() - before) / count

    def of_reference(self) -> float:
        """Returns the CPU seconds of two bare commits, an insertion and a change of a row."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(_TABLE)
            cost = self.of(lambda: _commit_pairs(connection))
            connection.execute("DROP TABLE bench_smoke")
        return cost

    def _seconds(self) -> float:
        ours = cpu_seconds([os.getpid()], ended=True)
        return ours + sum(cpu_seconds(tree(pid), ended=True) for pid in self._pids)


def _commit_pairs(connection: "psycopg.Connection[tuple[object, ...]]") -> int:
    for number in range(PAIRS):
        connection.execute(_INSERT, [number, "x" * 800])
        connection.execute(_UPDATE, ["y" * 800, number])
    return PAIRS
